import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, request } from 'undici';
import { listen } from '../../src/http/server';

const urlOf = (port: number) => `http://127.0.0.1:${port}/`;

it('draining lets a request under way end, and takes no new one', async () => {
  let finish = (): void => undefined;
  const arrived = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let answer = (): void => undefined;
  const server = await listen(
    (_request, response) => {
      answer = () => response.end('done');
      finish();
    },
    0,
    '127.0.0.1',
  );
  const underWay = request(urlOf(server.port));
  await arrived;
  const drained = server.drain(10_000);
  await expect(request(urlOf(server.port), { dispatcher: new Agent() })).rejects.toThrow();
  answer();
  expect(await (await underWay).body.text()).toBe('done');
  await drained;
});

it('an idle connection that is kept alive does not hold up the drain', async () => {
  const server = await listen((_request, response) => response.end('done'), 0, '127.0.0.1');
  const agent = new Agent({ keepAliveTimeout: 60_000 });
  await (await request(urlOf(server.port), { dispatcher: agent })).body.text();
  await server.drain(10_000);
  await agent.close();
});

it('what does not end in time is cut off', async () => {
  let arrived = (): void => undefined;
  const reached = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const server = await listen(() => arrived(), 0, '127.0.0.1');
  const stuck = expect(request(urlOf(server.port))).rejects.toThrow();
  await reached;
  await server.drain(50);
  await stuck;
});

it('a taken port stops the start', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  await expect(listen(() => undefined, port, '127.0.0.1')).rejects.toThrow('EADDRINUSE');
  taken.close();
});

it('listens on every address by default', async () => {
  const server = await listen((_request, response) => response.end('done'), 0, '::');
  expect(await (await request(urlOf(server.port))).body.text()).toBe('done');
  await server.drain(1_000);
});
