import { setImmediate as breathe } from 'node:timers/promises';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DomainError } from '../../src/errors';
import { createFakeApi, type FakeApi } from './support/fake-api';
import { TestIssuer } from './support/issuer';
import { until } from './support/until';

let issuer: TestIssuer;
let api: FakeApi;
let url: string;
let stop: () => void;
let headers: Record<string, string>;

beforeAll(async () => {
  issuer = await TestIssuer.start();
  api = await createFakeApi(issuer);
  const server = createServer(api.app as never).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/users/101`;
  headers = { authorization: `Bearer ${await issuer.token()}` };
  stop = () => {
    server.close();
    server.closeAllConnections();
  };
});
beforeEach(() => api.reset());
afterAll(async () => {
  stop();
  api.close();
  await issuer.stop();
});

const answerWith = (items: () => AsyncGenerator<unknown>) =>
  api.replace('getUser', () => Promise.resolve({ status: 200, ndjson: items() }));

describe('an answer of many lines', () => {
  it('is one JSON value a line, of its media type', async () => {
    answerWith(async function* () {
      await breathe();
      yield { text: 'two\nlines' };
      yield { number: 2 };
    });
    const response = await fetch(url, { headers });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
    expect(await response.text()).toBe('{"text":"two\\nlines"}\n{"number":2}\n');
  });

  it('may hold none', async () => {
    answerWith(async function* () {
      await breathe();
      yield* [];
    });
    const response = await fetch(url, { headers });
    expect([response.status, await response.text()]).toEqual([200, '']);
  });

  it('that fails before its first line is refused like any other', async () => {
    // eslint-disable-next-line require-yield
    answerWith(async function* () {
      await breathe();
      throw new DomainError('user.not_found', 'There is no such user.');
    });
    const response = await fetch(url, { headers });
    expect([response.status, response.headers.get('content-type')]).toEqual([
      404,
      'application/problem+json',
    ]);
  });

  it.each([
    [
      new TypeError('row 2 is broken'),
      { status: 500, code: 'service.internal', error: { name: 'TypeError' } },
    ],
    [new DomainError('service.busy', 'Come back.'), { status: 503, code: 'service.busy' }],
  ])(
    'that fails later is cut, so that it is not taken for a whole one, and the log says why: %s',
    async (failure, why) => {
      answerWith(async function* () {
        await breathe();
        yield { number: 1 };
        throw failure;
      });
      const response = await fetch(url, { headers });
      expect(response.status).toBe(200);
      await expect(response.text()).rejects.toThrow();
      await until(() => api.logged.some(({ msg }) => msg === 'request'));
      expect(api.logged.find(({ msg }) => msg === 'request')).toMatchObject(why);
    },
  );

  it('is read no further than its caller reads, and no more where the caller has gone', async () => {
    let made = 0;
    let ended = false;
    answerWith(async function* () {
      try {
        for (;;) {
          await breathe();
          made++;
          yield { filler: 'x'.repeat(10_000) };
        }
      } finally {
        ended = true;
      }
    });
    const abort = new AbortController();
    const response = await fetch(url, { headers, signal: abort.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    // What fits into the buffers on the way is made; then nothing is.
    let before = -1;
    let still = 0;
    await until(() => {
      still = made === before ? still + 1 : 0;
      before = made;
      return still > 100;
    });
    expect(made).toBeLessThan(10_000);
    abort.abort();
    await until(() => ended);
  });
});
