import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { Agent, request as send } from 'undici';
import { DomainError } from '../../src/errors';
import { listen, type RunningServer } from '../../src/http/server';
import { createFakeApi, type FakeApi } from './support/fake-api';
import { TestIssuer } from './support/issuer';
import { waitFor } from '../support/processes';
import { until } from './support/until';

const BLOCK = '/api/v1/users/101/block';

let issuer: TestIssuer;
let api: FakeApi;
let token: string;

beforeAll(async () => {
  issuer = await TestIssuer.start();
  api = await createFakeApi(issuer);
  token = await issuer.token();
});
beforeEach(() => api.reset());
afterAll(async () => {
  api.close();
  await issuer.stop();
});

describe('large bodies', () => {
  let server: RunningServer;
  let agent: Agent;
  beforeAll(async () => {
    server = await listen(api.app, 0, '127.0.0.1');
    // One connection that is kept: what a refused body leaves behind would spoil the next call.
    agent = new Agent({ connections: 1, pipelining: 1 });
  });
  afterAll(async () => {
    await agent.close();
    await server.drain(1_000);
  });

  const post = async (body: Buffer | string, headers: Record<string, string>) => {
    const { statusCode, body: answer } = await send(`http://127.0.0.1:${server.port}${BLOCK}`, {
      method: 'PATCH',
      dispatcher: agent,
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    return { status: statusCode, text: await answer.text() };
  };
  const authorized = () => ({ authorization: `Bearer ${token}` });
  const megabytes = (count: number) => JSON.stringify({ suspensionReason: 'x'.repeat(count * 1024 * 1024) });

  it('I8: 10 MB: 413, and the connection serves the next call', async () => {
    for (let round = 0; round < 3; round++) {
      const refused = await post(megabytes(10), authorized());
      expect(refused.status).toBe(413);
      expect(JSON.parse(refused.text)).toMatchObject({ status: 413, code: 'request.too_large' });
      expect(api.calls).toEqual([]);
      expect((await post('{}', authorized())).status).toBe(204);
      api.calls.length = 0;
    }
  });

  it('10 MB of a stranger: 401 and no more, and the connection serves the next call', async () => {
    expect((await post(megabytes(10), {})).status).toBe(401);
    expect((await post('{}', authorized())).status).toBe(204);
  });

  describe('uploads at once', () => {
    const LARGEST = 33_554_432;
    /** Its head, and no more: the room is taken before the body comes. */
    const open = async (length: string): Promise<Socket> => {
      const socket = connect(server.port, '127.0.0.1');
      socket.write(
        'POST /api/v1/suspension-jobs?action=block HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n' +
          `Authorization: Bearer ${token}\r\n${length}\r\n\r\n`,
      );
      const before = api.calls.length;
      await until(() => api.calls.length > before);
      return socket;
    };
    const small = () =>
      fetch(`http://127.0.0.1:${server.port}/api/v1/suspension-jobs?action=block`, {
        method: 'POST',
        headers: { ...authorized(), 'content-type': 'application/x-ndjson' },
        body: '101\n',
      });
    let finish: (fault: Error) => void;
    beforeEach(() => {
      const finished = new Promise((_resolve, reject) => (finish = reject));
      finished.catch(() => undefined);
      api.replace('createSuspensionJob', () => finished);
    });
    const end = async (sockets: Socket[]) => {
      finish(new DomainError('service.busy', 'The test is over.'));
      sockets.forEach((socket) => socket.destroy());
      api.reset();
      // The room is free as soon as the server knows that they are gone.
      await waitFor(async () => ((await small()).status === 202 ? true : undefined), 'room for an upload');
    };

    it.each([
      ['of the largest length', `Content-Length: ${LARGEST}`],
      ['of no length', 'Transfer-Encoding: chunked'],
    ])('%s: four are worked on, one more, however small, is asked to come back', async (_what, length) => {
      const held = [];
      for (let n = 0; n < 4; n++) held.push(await open(length));
      const refused = await small();
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
      await end(held);
    });

    it('of few lines: sixty-four are worked on beside three of the largest', async () => {
      const held = [];
      for (let n = 0; n < 3; n++) held.push(await open(`Content-Length: ${LARGEST}`));
      for (let n = 0; n < 64; n++) held.push(await open('Content-Length: 4'));
      expect((await small()).status).toBe(503);
      await end(held);
    });
  });

  it('64 KB are taken, one byte more is not', async () => {
    const shell = JSON.stringify({ triggerWebhook: true });
    const fill = (bytes: number) => shell + ' '.repeat(bytes - shell.length);
    expect((await post(fill(65_536), authorized())).status).toBe(204);
    expect((await post(fill(65_537), authorized())).status).toBe(413);
  });

  it('a small body that unpacks to a large one: 413', async () => {
    const packed = gzipSync(megabytes(10));
    expect(packed.length).toBeLessThan(65_536);
    expect((await post(packed, { ...authorized(), 'content-encoding': 'gzip' })).status).toBe(413);
  });

  it('the rest of a refused body is read and thrown away: the same connection answers the next call', async () => {
    const headers = `Host: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`;
    const body = megabytes(10);
    const announced = `PATCH ${BLOCK} HTTP/1.1\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
    const chunk = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const chunked = `PATCH ${BLOCK} HTTP/1.1\r\n${headers}Transfer-Encoding: chunked\r\n\r\n${chunk}`;
    const last = `PATCH ${BLOCK} HTTP/1.1\r\n${headers}Content-Length: 2\r\nConnection: close\r\n\r\n{}`;
    const socket = connect(server.port, '127.0.0.1');
    socket.write(announced + chunked + last);
    expect((await text(socket)).match(/HTTP\/1\.1 \d+/g)).toEqual([
      'HTTP/1.1 413',
      'HTTP/1.1 413',
      'HTTP/1.1 204',
    ]);
  });
});
