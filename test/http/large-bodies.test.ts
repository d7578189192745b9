import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { Agent, request as send } from 'undici';
import { DomainError } from '../../src/errors';
import { listen, type RunningServer } from '../../src/http/server';
import { createFakeApi, type FakeApi } from './support/fake-api';
import { TestIssuer } from './support/issuer';
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

  it('uploads at once: four are worked on, one more is asked to come back', async () => {
    const upload = () =>
      fetch(`http://127.0.0.1:${server.port}/api/v1/suspension-jobs?action=block`, {
        method: 'POST',
        headers: { ...authorized(), 'content-type': 'application/x-ndjson' },
        body: '101\n',
      });
    let finish: (fault: Error) => void = () => undefined;
    const finished = new Promise((_resolve, reject) => (finish = reject));
    api.replace('createSuspensionJob', () => finished);
    const held = Array.from({ length: 4 }, upload);
    await until(() => api.calls.length === 4);
    const refused = await upload();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    finish(new DomainError('service.busy', 'The test is over.'));
    await Promise.all(held);
    api.reset();
    expect((await upload()).status).toBe(202);
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
