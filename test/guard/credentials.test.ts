import { createServer, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createGuard, type GuardEvent, type GuardOptions } from '../../guard';
import { eventually } from '../events/delivery-fixtures';
import { startTestIssuer, type TestIssuer } from '../support/test-issuer';
import {
  type Guarded,
  type GuardedOptions,
  noShift,
  RESOURCE,
  startGuarded,
  userToken,
} from './support/guarded';
import { sendJson, startStubFeed, type StubFeed } from './support/stub-feed';
import { startTcpProxy, type TcpProxy } from './support/tcp-proxy';

let issuer: TestIssuer;
let feed: StubFeed;
const started: Guarded[] = [];
beforeAll(async () => {
  issuer = await startTestIssuer();
});
// Each test has its own: a poll may be on its way still when its guard is closed.
beforeEach(async () => {
  feed = await startStubFeed();
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((guarded) => guarded.close()));
  await feed.close();
});
afterAll(() => issuer.close());

async function start(options: Partial<GuardedOptions>): Promise<Guarded> {
  const guarded = await startGuarded({ issuerOf: issuer, api: feed.url, leaseMs: 600, ...options });
  started.push(guarded);
  return guarded;
}

/** Gives t1, t2 and so on. */
function countingToken(suffix = '') {
  const source = Object.assign(() => Promise.resolve(`t${++source.given}${suffix}`), { given: 0 });
  return source;
}

describe('the token for the feed', () => {
  it('is got by client credentials, encoded as RFC 6749 wants it, and used until it ends', async () => {
    const requests: { authorization: string | undefined; body: string }[] = [];
    const tokens = createServer((request, response) => {
      void text(request).then((body) => {
        requests.push({ authorization: request.headers.authorization, body });
        sendJson(response, 200, {
          access_token: `given-${requests.length}`,
          token_type: 'Bearer',
          expires_in: 300,
        });
      });
    }).listen(0, '127.0.0.1');
    await once(tokens, 'listening');
    const shift = noShift();
    const { guard } = await start({
      shift,
      token: {
        tokenUrl: `http://127.0.0.1:${(tokens.address() as AddressInfo).port}/token`,
        clientId: 'orders:api',
        clientSecret: 'p+s %',
        audience: 'urn:portcullis',
      },
    });
    await guard.ready();
    expect(requests).toEqual([
      {
        authorization: `Basic ${Buffer.from('orders%3Aapi:p%2Bs+%25').toString('base64')}`,
        body: 'grant_type=client_credentials&scope=revocations%3Aread&audience=urn%3Aportcullis',
      },
    ]);
    expect(feed.polls.at(-1)?.authorization).toBe('Bearer given-1');
    // In its last minute it is renewed.
    shift.monotonicMs += 241_000;
    await eventually(() => feed.polls.at(-1)?.authorization === 'Bearer given-2' || null, 'the next token');
    tokens.close();
    tokens.closeAllConnections();
  });

  it('may come from a function, and is asked for anew where the API refuses it', async () => {
    const token = countingToken();
    const { guard } = await start({ token });
    await guard.ready();
    expect(token.given).toBe(1);
    feed.intercept = (response, poll) => {
      if (poll.authorization === 'Bearer t1') return sendJson(response, 401, {});
      feed.intercept = null;
      sendJson(response, 500, {});
    };
    await eventually(() => feed.polls.at(-1)?.authorization === 'Bearer t2' || null, 'another token');
    await guard.ready();
    expect(token.given).toBe(2);
  });

  it('is not asked for again and again where the API refuses each', async () => {
    const token = countingToken();
    feed.intercept = (response) => sendJson(response, 401, {});
    const { events } = await start({ token });
    await eventually(() => events.length >= 4 || null, 'four refused polls');
    // Each refusal costs one token, and the pauses grow.
    expect(token.given).toBeLessThanOrEqual(events.length + 1);
  });

  it.each([
    ['fails', () => Promise.reject(new Error('the vault is sealed'))],
    [
      'throws',
      () => {
        throw new Error('the vault is sealed');
      },
    ],
    ['gives nothing', () => Promise.resolve(undefined as unknown as string)],
  ])('lets nothing through where the function %s, and says so', async (_, token) => {
    const guarded = await start({ token });
    const event = await eventually(
      () => guarded.events.find(({ type }) => type === 'token_failed') ?? null,
      'the event',
    );
    expect(event).toMatchObject({ error: expect.any(Error) as unknown });
    expect(await guarded.guard.check(await userToken(issuer))).toEqual({ active: false, reason: 'stale' });
  });

  it('stands in no event, nor does the secret, whatever fails (I7)', async () => {
    const secret = 'a-secret-of-the-client';
    const { events } = await start({
      token: { tokenUrl: `${feed.url}/token`, clientId: 'orders', clientSecret: secret },
      leaseMs: 100,
    });
    feed.intercept = (response) => sendJson(response, 400, { error: 'invalid_client' });
    await eventually(() => events.some(({ type }) => type === 'token_failed') || null, 'a failure');
    const written = JSON.stringify(
      events.map((event) => ({ ...event, ...('error' in event ? { text: String(event.error.stack) } : {}) })),
    );
    expect(written).not.toContain(secret);
    expect(written).not.toContain(Buffer.from(`orders:${secret}`).toString('base64'));
  });
});

describe('a guard that asks introspection where it has no lease', () => {
  let introspection: StubFeed;
  let proxy: TcpProxy;
  let asked: { body: string; authorization: string | undefined }[];
  let answer: unknown;
  beforeAll(async () => {
    introspection = await startStubFeed();
  });
  beforeEach(async () => {
    proxy = await startTcpProxy(feed.url);
    asked = [];
    answer = { active: true, sub: 'ada' };
    introspection.intercept = (response, _poll, request) => {
      void text(request).then((body) => {
        asked.push({ body, authorization: request.headers.authorization });
        sendJson(response, 200, answer);
      });
    };
  });
  afterEach(() => proxy.close());
  afterAll(() => introspection.close());

  async function cutOff(): Promise<Guarded> {
    const introspectionUrl = `${introspection.url}/connect/introspect`;
    const guarded = await start({
      api: proxy.url,
      whenStale: 'introspect',
      introspectionUrl,
      token: countingToken(),
    });
    await guarded.guard.ready();
    proxy.drop();
    await eventually(
      () => guarded.events.find(({ type }) => type === 'stale') ?? null,
      'the end of the lease',
    );
    return guarded;
  }

  it('asks for each token, with its own credential, and only while it is cut off', async () => {
    const token = await userToken(issuer);
    const guarded = await cutOff();
    expect(asked).toEqual([]);
    expect(await guarded.guard.check(token)).toMatchObject({ active: true, claims: { sub: 'ada' } });
    expect(asked).toEqual([
      { body: `token=${token}&token_type_hint=access_token`, authorization: 'Bearer t1' },
    ]);
    answer = { active: false };
    expect(await guarded.guard.check(token)).toEqual({ active: false, reason: 'inactive' });
    const warnings: Error[] = [];
    const warned = (warning: Error) => warnings.push(warning);
    process.on('warning', warned);
    await Promise.all(Array.from({ length: 30 }, () => guarded.guard.check(token)));
    process.off('warning', warned);
    expect(warnings).toEqual([]);
    proxy.pass();
    await guarded.guard.ready();
    // By itself: introspection would say no. A busy machine may hold a lease this short up for a moment.
    await eventually(async () => (await guarded.guard.check(token)).active || null, 'its own verdict');
  });

  it.each([
    [{ active: 'true', sub: 'ada' }, 'inactive'],
    [{ active: 1, sub: 'ada' }, 'inactive'],
    [{ active: true, sub: 'eve' }, 'inactive'],
    [{ active: true }, 'inactive'],
    [null, 'inactive'],
    [[], 'inactive'],
  ])('takes %j for no', async (given, reason) => {
    const guarded = await cutOff();
    answer = given;
    expect(await guarded.guard.check(await userToken(issuer))).toEqual({ active: false, reason });
  });

  it('refuses where introspection does not answer either, and asks nobody about a token that is bad in itself', async () => {
    const guarded = await cutOff();
    introspection.intercept = (response) => sendJson(response, 503, {});
    const good = await userToken(issuer);
    expect(await guarded.guard.check(good)).toEqual({ active: false, reason: 'stale' });
    introspection.intercept = () => undefined;
    expect(await guarded.guard.check(good)).toEqual({ active: false, reason: 'stale' });
    introspection.intercept = () => {
      throw new Error('it was asked');
    };
    expect(await guarded.guard.check(`${good.slice(0, -4)}AAAA`)).toEqual({
      active: false,
      reason: 'untrusted',
    });
    expect(guarded.events.filter(({ type }) => type === 'introspection_failed')).toHaveLength(2);
  });
});

describe('a guard that is closed', () => {
  it('ends at once: it refuses, polls no more, and lets nobody wait', async () => {
    const events: GuardEvent[] = [];
    const { guard } = await start({ leaseMs: 60_000, onEvent: (event) => events.push(event) });
    await guard.ready();
    const unready = (await start({ api: 'http://127.0.0.1:9' })).guard;
    const waiting = unready.ready();
    guard.close();
    unready.close();
    await expect(waiting).rejects.toThrow('closed');
    await expect(guard.ready()).rejects.toThrow('closed');
    expect(await guard.check(await userToken(issuer))).toEqual({ active: false, reason: 'stale' });
    expect(guard.state).toMatchObject({ status: 'closed', leaseRemainingMs: 0 });
    expect(events.filter(({ type }) => type !== 'current')).toEqual([]);
  });

  it('is not disturbed by a listener that throws', async () => {
    const { guard } = await start({
      onEvent: () => {
        throw new Error('theirs');
      },
    });
    await guard.ready();
  });
});

describe('options', () => {
  const good: GuardOptions = {
    issuer: 'https://id.example.com',
    audience: RESOURCE,
    api: 'https://portcullis.example.com',
    token: () => Promise.resolve('t'),
  };

  it('that are wrong are named, all at once', () => {
    const wrong = {
      issuer: '',
      audience: [],
      jwks: 'ftp://x',
      api: 'portcullis',
      token: { tokenUrl: 'https://id.example.com/token', clientId: 'orders' },
      instance: 'a b',
      leaseMs: 99,
      maxTokenLifetime: Number.NaN,
      clockSkew: 61,
      epochClaim: '',
      tokenTypes: [],
      maxRevocations: 0,
      whenStale: 'allow',
      introspectionUrl: '/connect/introspect',
    };
    expect(() => createGuard(wrong as unknown as GuardOptions)).toThrow(
      new TypeError(`createGuard: missing or wrong: ${Object.keys(wrong).join(', ')}`),
    );
    expect(() => createGuard({ ...good, issuer: undefined as unknown as string })).toThrow('issuer');
  });
});

async function text(request: IncomingMessage): Promise<string> {
  return Buffer.concat(await request.toArray()).toString('utf8');
}
