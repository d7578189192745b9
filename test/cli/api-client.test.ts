import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ApiClient, createApiClient } from '../../cli/api-client';

type Answer = (response: ServerResponse) => void;

let server: Server;
let client: ApiClient;
let answers: Answer[];
let seen: IncomingHttpHeaders[];

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(status, headers).end(JSON.stringify(body));

beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push(request.headers);
    request.resume();
    answers.shift()?.(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = createApiClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, {
    current: () => Promise.resolve('token'),
    renewed: () => Promise.resolve('another'),
  });
});
beforeEach(() => {
  answers = [];
  seen = [];
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

describe('the client of the API', () => {
  it('repeats a call where the service is busy or the line breaks, under one key, and waits as it is told', async () => {
    const busy = { status: 503, code: 'service.outcome_unknown', detail: 'Unknown.' };
    answers = [
      json(503, busy, { 'retry-after': '1' }),
      json(429, busy, { 'retry-after': '0' }),
      json(409, { code: 'idempotency.in_progress' }, { 'retry-after': '0' }),
      (response) => response.destroy(),
      json(200, { done: true }),
    ];
    const startedAt = performance.now();
    expect(await client.call('POST', '/suspensions/batch', { body: {} })).toEqual({ done: true });
    expect(performance.now() - startedAt).toBeGreaterThan(1_000);
    const keys = seen.map((headers) => headers['idempotency-key']);
    expect(keys).toHaveLength(5);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('gives each call a key of its own, and none to one that only reads', async () => {
    answers = [json(200, {}), json(200, {}), json(200, {})];
    await client.call('PATCH', '/users/1/block');
    await client.call('PATCH', '/users/1/block');
    await client.call('GET', '/users/1');
    const [first, second, third] = seen.map((headers) => headers['idempotency-key']);
    expect(first).not.toBe(second);
    expect(third).toBeUndefined();
  });

  it('does not repeat what is refused', async () => {
    answers = [json(409, { code: 'user.protected', title: 'Protected', requestId: 'r-1' })];
    await expect(client.call('PATCH', '/users/1/block')).rejects.toMatchObject({
      ending: 'refused',
      code: 'user.protected',
      message: 'Protected (request r-1)',
    });
    expect(seen).toHaveLength(1);
  });

  it('asks for another token once, and no more', async () => {
    answers = [json(401, {}), json(401, { code: 'auth.invalid_token' })];
    await expect(client.call('GET', '/users/1')).rejects.toMatchObject({ ending: 'unauthenticated' });
    expect(seen.map(({ authorization }) => authorization)).toEqual(['Bearer token', 'Bearer another']);
  });

  it('gives up on a service that wants more patience than a minute', async () => {
    answers = [json(503, { detail: 'Tomorrow.' }, { 'retry-after': '86400' })];
    await expect(client.call('GET', '/users/1')).rejects.toMatchObject({ ending: 'unavailable' });
  });

  it('carries the token to no other address', async () => {
    const elsewhere = { location: 'http://127.0.0.1:1/' };
    answers = [json(307, {}, elsewhere)];
    await expect(client.call('GET', '/users/1')).rejects.toMatchObject({ ending: 'failure', status: 307 });
  });
});
