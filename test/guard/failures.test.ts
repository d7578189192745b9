import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '../events/delivery-fixtures';
import { startTestIssuer, type TestIssuer } from '../support/test-issuer';
import { type Guarded, type GuardedOptions, noShift, startGuarded, userToken } from './support/guarded';
import { type Intercept, sendJson, startStubFeed, type StubFeed } from './support/stub-feed';
import { startTcpProxy, type TcpProxy } from './support/tcp-proxy';

const LEASE_MS = 600;

let issuer: TestIssuer;
let feed: StubFeed;
let proxy: TcpProxy;
let token: string;
const started: Guarded[] = [];
beforeAll(async () => {
  issuer = await startTestIssuer();
  token = await userToken(issuer);
});
// Each test has its own: a poll may be on its way still when its guard is closed.
beforeEach(async () => {
  feed = await startStubFeed();
  proxy = await startTcpProxy(feed.url);
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((guarded) => guarded.close()));
  await proxy.close();
  await feed.close();
});
afterAll(() => issuer.close());

async function start(options: Partial<GuardedOptions> = {}): Promise<Guarded> {
  const guarded = await startGuarded({ issuerOf: issuer, api: proxy.url, leaseMs: LEASE_MS, ...options });
  started.push(guarded);
  return guarded;
}

async function startReady(options?: Partial<GuardedOptions>): Promise<Guarded> {
  const guarded = await start(options);
  await guarded.guard.ready();
  return guarded;
}

const seen = ({ events }: Guarded, type: string) =>
  eventually(() => events.find((event) => event.type === type) ?? null, type);

/** A machine that is busy may hold a lease this short up for a moment. */
const untilSaid = ({ guard }: Guarded, asked: string, said: string) =>
  eventually(async () => {
    const verdict = await guard.check(asked);
    return (verdict.active ? 'active' : verdict.reason) === said || null;
  }, said);

/** Asks as fast as it can until it is refused. @returns when the last one was let through */
async function lastLetThrough({ guard }: Guarded): Promise<number> {
  let last = Number.NEGATIVE_INFINITY;
  for (;;) {
    const asked = performance.now();
    const verdict = await guard.check(token);
    if (!verdict.active) {
      expect(verdict.reason).toBe('stale');
      return last;
    }
    last = asked;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('a guard that is cut off lets nothing through once its lease is over (I1)', () => {
  it.each(['drop', 'hold'] as const)('where the network %ss its connections', async (failure) => {
    const guarded = await startReady();
    const connections = proxy.connections;
    proxy[failure]();
    const cutAt = performance.now();
    expect((await lastLetThrough(guarded)) - cutAt).toBeLessThan(LEASE_MS);
    // It had tried anew before it gave in.
    expect(proxy.connections).toBeGreaterThan(connections);
    const response = await guarded.get(token);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(response.headers.has('www-authenticate')).toBe(false);
    await seen(guarded, 'stale');
    expect(guarded.guard.state).toMatchObject({ status: 'stale', leaseRemainingMs: 0 });

    feed.revoke({ uid: `while-${failure}`, epoch: 2 });
    proxy.pass();
    await guarded.guard.ready();
    await untilSaid(guarded, token, 'active');
    await untilSaid(guarded, await userToken(issuer, { sub: `while-${failure}`, epoch: 1 }), 'revoked');
  });

  it('but notices none of it where one connection falls silent and another can be made', async () => {
    const guarded = await startReady({ leaseMs: 3_000 });
    proxy.holdPresent();
    await seen(guarded, 'poll_failed');
    const polls = feed.polls.length;
    await eventually(() => feed.polls.length > polls + 1 || null, 'polls over another connection');
    expect(guarded.events.map(({ type }) => type)).not.toContain('stale');
  });

  it('where the process stood still for longer than the lease, and a check had begun before', async () => {
    const guarded = await startReady();
    const { guard } = guarded;
    // Else the next poll may be answered before the check that had begun goes on, and rightly lets it through.
    proxy.hold();
    const begun = guard.check(token);
    const until = performance.now() + LEASE_MS + 50;
    while (performance.now() < until);
    expect(await guard.check(token)).toEqual({ active: false, reason: 'stale' });
    expect(await begun).toEqual({ active: false, reason: 'stale' });
    proxy.pass();
    await guard.ready();
    await untilSaid(guarded, token, 'active');
  });

  it('counted from when the poll was sent, however long its answer took', async () => {
    let answeredOneOf = 0;
    feed.intercept = (response) => {
      const receivedAt = performance.now();
      const late = { items: [], next: 'late', more: false, maxTokenLifetime: 3_600, clockSkew: 5 };
      setTimeout(() => {
        // A busy machine may have it try twice: what counts is the poll that was answered.
        if (!response.destroyed) answeredOneOf ||= receivedAt;
        sendJson(response, 200, late);
      }, LEASE_MS / 2);
    };
    const { guard } = await startReady();
    const sinceMs = performance.now() - answeredOneOf;
    const { leaseRemainingMs } = guard.state;
    expect(leaseRemainingMs).toBeLessThanOrEqual(LEASE_MS - sinceMs + 1);
    expect(leaseRemainingMs).toBeLessThanOrEqual(LEASE_MS / 2 + 1);
  });

  it('where the machine slept, which the monotonic clock does not count', async () => {
    const shift = noShift();
    const guarded = await startReady({ shift });
    const { guard } = guarded;
    shift.wallMs += LEASE_MS;
    expect(await guard.check(token)).toEqual({ active: false, reason: 'stale' });
    await guard.ready();
    await untilSaid(guarded, token, 'active');
  });

  it('and is not deceived by a wall clock that is set back', async () => {
    const shift = noShift();
    const guarded = await startReady({ shift });
    proxy.drop();
    const cutAt = performance.now();
    // By less than the clock skew, so that the token is not one of the future.
    shift.wallMs -= 4_000;
    expect((await lastLetThrough(guarded)) - cutAt).toBeLessThan(LEASE_MS);
  });
});

describe('an answer that is none renews no lease', () => {
  const good = { items: [], next: 'n', more: false, maxTokenLifetime: 3_600, clockSkew: 5 };
  const item = { uid: 'x', epoch: 1, revokedAt: new Date().toISOString() };
  const body =
    (value: unknown): Intercept =>
    (response) =>
      sendJson(response, 200, value);
  const status =
    (code: number, headers = {}): Intercept =>
    (response) =>
      sendJson(response, code, good, headers);
  const raw =
    (text: string | Buffer): Intercept =>
    (response) =>
      response.writeHead(200).end(text);

  const answers: Record<string, Intercept> = {
    'no JSON': raw('<html>It works!</html>'),
    nothing: raw(''),
    'no UTF-8': raw(Buffer.from([0x22, 0xff, 0x22])),
    'half of the answer': (response) => {
      response.writeHead(200, { 'content-length': 100 }).write('{"items"');
      response.destroy();
    },
    'more than anybody needs': raw(Buffer.alloc(17 * 1024 * 1024, 0x20)),
    null: body(null),
    'no items': body({ ...good, items: undefined }),
    'items that are none': body({ ...good, items: [null] }),
    'an item without a user': body({ ...good, items: [{ ...item, uid: undefined }] }),
    'an item with an epoch in words': body({ ...good, items: [{ ...item, epoch: '1' }] }),
    'an item with an epoch that no double holds': body({ ...good, items: [{ ...item, epoch: 2 ** 53 }] }),
    'an item without a time': body({ ...good, items: [{ ...item, revokedAt: 'yesterday' }] }),
    'an item with an empty session': body({ ...good, items: [{ ...item, sid: '' }] }),
    'no cursor': body({ ...good, next: undefined }),
    'a cursor with spaces': body({ ...good, next: 'a b' }),
    'no word about more': body({ ...good, more: undefined }),
    'no lifetime': body({ ...good, maxTokenLifetime: 0 }),
    'a skew in words': body({ ...good, clockSkew: '5' }),
    'that there is more': body({ ...good, more: true }),
    '204': (response) => response.writeHead(204).end(),
    '206': status(206),
    '304': (response) => response.writeHead(304).end(),
    '400': status(400),
    '403': status(403),
    '404': status(404),
    '429': status(429, { 'retry-after': '0' }),
    '500': status(500),
    '503': status(503, { 'retry-after': 'soon' }),
  };

  it('whatever it is', async () => {
    const names = Object.keys(answers);
    let asked = 0;
    feed.intercept = (response, poll, request) => {
      const answer = answers[names[asked++ % names.length] ?? ''];
      answer?.(response, poll, request);
    };
    // The pauses between failures are parts of the lease.
    const guarded = await start({ api: feed.url, leaseMs: 100 });
    await eventually(() => asked > names.length || null, 'each of the answers to be given');
    expect(guarded.guard.state.status).toBe('starting');
    expect(guarded.events.map(({ type }) => type)).not.toContain('current');
    expect(await guarded.guard.check(token)).toEqual({ active: false, reason: 'stale' });
  });

  it('and a redirect is not followed with the credential', async () => {
    const visits: string[] = [];
    const elsewhere = createServer((request, response) => {
      visits.push(String(request.url));
      sendJson(response, 200, good);
    }).listen(0, '127.0.0.1');
    await eventually(() => elsewhere.listening || null, 'the other server');
    const location = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
    let redirected = 0;
    feed.intercept = (response) => {
      redirected++;
      response.writeHead([301, 302, 303, 307, 308][redirected % 5] ?? 302, { location }).end();
    };
    const { guard } = await start({ leaseMs: 100 });
    await eventually(() => redirected > 5 || null, 'each kind of redirect');
    expect(guard.state.status).toBe('starting');
    expect(visits).toEqual([]);
    elsewhere.close();
  });
});

describe('a guard that reads the backlog', () => {
  it('refuses until it has read all of it, page by page, and goes on where it stopped', async () => {
    feed.revoke({ uid: 'a', epoch: 2 }, { uid: 'b', epoch: 2 }, { uid: 'c', epoch: 2 });
    feed.page = 1;
    const seenStates: string[] = [];
    const guarded = await start();
    await eventually(() => {
      seenStates.push(guarded.guard.state.status);
      return guarded.guard.state.status === 'current' || null;
    }, 'the end of the backlog');
    const polls = [...feed.polls];
    expect(polls.filter(({ after }) => after === null)).toHaveLength(1);
    expect(polls.slice(0, 3).every(({ wait }) => wait === 0)).toBe(true);
    await untilSaid(guarded, await userToken(issuer, { sub: 'a', epoch: 1 }), 'revoked');
  });

  it('begins anew where its cursor is of another history, refuses meanwhile, and forgets nothing (I2)', async () => {
    feed.revoke({ uid: 'lost-history', epoch: 5 });
    const guarded = await startReady();
    feed.changeHistory();
    // The next answer but one, without a cursor, is held back.
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      feed.intercept = (response, poll) => {
        if (poll.after !== null) return sendJson(response, 410, {});
        feed.intercept = null;
        release = () =>
          sendJson(response, 200, {
            items: [],
            next: '2.0',
            more: false,
            maxTokenLifetime: 3_600,
            clockSkew: 5,
          });
        resolve();
      };
    });
    await held;
    expect(await guarded.guard.check(token)).toEqual({ active: false, reason: 'stale' });
    release();
    await guarded.guard.ready();
    expect(guarded.events).toContainEqual({ type: 'began_anew', status: 410 });
    await untilSaid(guarded, await userToken(issuer, { sub: 'lost-history', epoch: 4 }), 'revoked');
  });

  it('refuses while there are more revocations than it may remember, and says so', async () => {
    feed.revoke({ uid: 'm1', epoch: 1 }, { uid: 'm2', epoch: 1 }, { uid: 'm3', epoch: 1 });
    const guarded = await start({ maxRevocations: 2 });
    expect(await seen(guarded, 'full')).toEqual({ type: 'full', maxRevocations: 2 });
    expect(guarded.guard.state).toMatchObject({ status: 'starting', revocations: 2 });
    expect(await guarded.guard.check(token)).toEqual({ active: false, reason: 'stale' });
  });

  it('begins anew where tokens may live longer than it was told before', async () => {
    const guarded = await startReady();
    const long = await userToken(issuer, {
      iat: Math.floor(Date.now() / 1000),
      exp: Math.floor(Date.now() / 1000) + 5_000,
    });
    await untilSaid(guarded, long, 'too_long_lived');
    feed.maxTokenLifetime = 7_200;
    expect(await seen(guarded, 'began_anew')).toEqual({ type: 'began_anew', status: 200 });
    await eventually(async () => (await guarded.guard.check(long)).active || null, 'the longer life');
    feed.maxTokenLifetime = 3_600;
    await eventually(async () => !(await guarded.guard.check(long)).active || null, 'the shorter life');
  });
});
