import { once } from 'node:events';
import { connect } from 'node:net';
import request from 'supertest';
import { listen } from '../../src/http/server';
import { createFakeApi, type FakeApi } from './support/fake-api';
import { TestIssuer } from './support/issuer';
import { until } from './support/until';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

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

const block = (userId = 101) =>
  request(api.app).patch(`/api/v1/users/${userId}/block`).set('Authorization', `Bearer ${token}`);

describe('the request id', () => {
  it('is a new UUIDv7 where none came', async () => {
    const response = await block();
    expect(response.headers['x-request-id']).toMatch(UUID_V7);
  });

  it('is the caller’s where it is sane, in the answer, the problem and the log', async () => {
    const response = await block().set('X-Request-Id', 'trace_1.2-3').send({ nonsense: 1 });
    expect(response.headers['x-request-id']).toBe('trace_1.2-3');
    expect(response.body).toMatchObject({ requestId: 'trace_1.2-3' });
    await until(() => api.logged.length === 1);
    expect(api.logged).toMatchObject([{ requestId: 'trace_1.2-3' }]);
  });

  it.each(['x'.repeat(65), 'a b', '{"a":1}', '<script>', ''])('is never the caller’s "%s"', async (id) => {
    expect((await block().set('X-Request-Id', id)).headers['x-request-id']).toMatch(UUID_V7);
  });
});

describe('the log', () => {
  it('I7: has one line a request, and in it neither path, query, body nor token', async () => {
    const secret = 'very-private-reason';
    // So long that no id and no time holds it by chance.
    const userId = 8_675_309_867_530;
    await block(userId).query({ cursor: secret }).send({ suspensionReason: secret }).expect(400);
    await block(userId).send({ suspensionReason: secret }).expect(204);
    await until(() => api.logged.length === 2);
    expect(api.logged[1]).toEqual({
      level: 30,
      time: expect.any(Number) as number,
      pid: expect.any(Number) as number,
      hostname: expect.any(String) as string,
      requestId: expect.any(String) as string,
      operation: 'blockUser',
      method: 'PATCH',
      status: 204,
      ms: expect.any(Number) as number,
      clientId: 'admin',
      msg: 'request',
    });
    const text = JSON.stringify(api.logged);
    for (const word of [secret, token.slice(-40), String(userId), 'Bearer']) expect(text).not.toContain(word);
  });

  it('names the refusal', async () => {
    await request(api.app).patch('/api/v1/users/101/block').expect(401);
    await until(() => api.logged.length === 1);
    expect(api.logged).toMatchObject([{ operation: 'blockUser', status: 401, code: 'auth.missing_token' }]);
  });

  it('tells a caller that hung up from one that was answered', async () => {
    let release = (): void => undefined;
    const reached = new Promise<void>((resolve) => {
      api.replace('blockUser', () => {
        resolve();
        return new Promise((answer) => (release = () => answer({ status: 204 })));
      });
    });
    const server = await listen(api.app, 0, '127.0.0.1');
    const socket = connect(server.port, '127.0.0.1');
    socket.write(
      `PATCH /api/v1/users/101/block HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: 0\r\n\r\n`,
    );
    await reached;
    socket.destroy();
    await once(socket, 'close');
    await until(() => api.logged.length > 0);
    release();
    expect(api.logged).toMatchObject([{ status: 499 }]);
    await server.drain(1_000);
  });
});

describe('the metrics', () => {
  it('count requests by operation, method and status, never by what a caller chose', async () => {
    await request(api.app).get('/made/up/by/the/caller').expect(404);
    await request(api.app).patch('/api/v1/users/101/unblock').expect(401);
    await until(() => api.logged.length === 2);
    const text = await api.registry.metrics();
    expect(text).toContain(
      'http_request_duration_seconds_count{operation="unblockUser",method="PATCH",status="401"} 1',
    );
    expect(text).toContain('{operation="none",method="GET",status="404"} 1');
    expect(text).not.toContain('made');
  });
});

it('the answers tell nothing about the framework, and are not to be guessed at', async () => {
  const { headers } = await block();
  expect(headers).not.toHaveProperty('x-powered-by');
  expect(headers['x-content-type-options']).toBe('nosniff');
});
