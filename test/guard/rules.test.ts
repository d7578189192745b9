import fc from 'fast-check';
import { ExpiringTable } from '../../guard/expiring-table';
import type { FeedAnswer, FeedItem } from '../../guard/feed-answer';
import { momentOf, systemClock } from '../../guard/clock';
import { FollowFeed } from '../../guard/follow-feed';
import { Lease } from '../../guard/lease';
import { Limits } from '../../guard/limits';
import { createPace } from '../../guard/pace';
import { type Judged, Revocations } from '../../guard/revocations';

const SKEW_MS = 5_000;
const LIFETIME_MS = 3_600_000;
const T0 = Date.parse('2026-11-21T12:00:00Z');

const uid = fc.constantFrom('ada', 'grace', '__proto__');
const sid = fc.constantFrom('s1', 's2', 's3');
/** Close to each other, so that the boundaries are met. */
const time = fc.integer({ min: -12_000, max: 12_000 }).map((ms) => T0 + ms);
const epoch = fc.integer({ min: 0, max: 4 });
const item: fc.Arbitrary<FeedItem> = fc.oneof(
  fc.record({ uid, epoch, revokedAt: time }),
  fc.record({ uid, sid, epoch, revokedAt: time }),
);
const token: fc.Arbitrary<Judged> = fc.record({
  claims: fc.record(
    {
      sub: uid,
      sid,
      iat: fc.integer({ min: -24, max: 24 }).map((half) => T0 / 1000 + half / 2),
      exp: fc.constant(T0 / 1000 + 1_800),
    },
    { requiredKeys: ['sub', 'iat', 'exp'] },
  ),
  epoch: fc.option(epoch, { nil: undefined }),
});

/** The rules as the documentation has them, entry by entry and without anything clever. */
function deadByTheRules({ claims, epoch: own }: Judged, items: readonly FeedItem[]): boolean {
  return items.some((end) => {
    if (end.sid !== undefined) return end.sid === claims.sid;
    if (end.uid !== claims.sub) return false;
    return own === undefined ? claims.iat * 1000 <= end.revokedAt + SKEW_MS : own < end.epoch;
  });
}

describe('the rules by which an end of access kills a token (I1)', () => {
  it('give the same verdict whatever the order of the feed, and however often it repeats itself', () => {
    fc.assert(
      fc.property(
        fc.array(item, { maxLength: 12 }),
        fc.array(token, { minLength: 1 }),
        fc.nat(),
        (items, tokens, seed) => {
          const revocations = new Revocations(1_000);
          const told = [...items, ...items.filter((_, at) => (seed >> (at % 31)) & 1)];
          const shuffled = told.map((end, at) => ({ end, rank: ((at + 1) * (seed + 7)) % 101 }));
          shuffled.sort((a, b) => a.rank - b.rank).forEach(({ end }) => revocations.apply(end));
          for (const judged of tokens) {
            expect(revocations.kills(judged, SKEW_MS)).toBe(deadByTheRules(judged, items));
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('and forgetting brings no token back, whatever the clock says and however it jumps (I2)', () => {
    const jump = fc.integer({ min: -3 * LIFETIME_MS, max: 3 * LIFETIME_MS });
    fc.assert(
      fc.property(fc.array(fc.tuple(item, jump), { maxLength: 20 }), fc.array(token), (steps, tokens) => {
        const revocations = new Revocations(1_000);
        let clock = T0;
        for (const [end, by] of steps) {
          clock += by;
          revocations.forget(clock, LIFETIME_MS, SKEW_MS);
          revocations.apply(end);
        }
        revocations.forget(clock, LIFETIME_MS, SKEW_MS);
        const items = steps.map(([end]) => end);
        // Issued by an issuer whose clock is right, before it could know of the end.
        const known = tokens.filter(({ claims }) =>
          items.every(({ revokedAt }) => claims.iat * 1000 <= revokedAt + SKEW_MS),
        );
        for (const judged of known.filter((one) => deadByTheRules(one, items))) {
          expect(revocations.kills(judged, SKEW_MS)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('what is remembered', () => {
  const end = (name: string, revokedAt: number): FeedItem => ({ uid: name, epoch: 2, revokedAt });

  it('is forgotten once no token can be alive that it killed, and the room is used again', () => {
    const revocations = new Revocations(2);
    revocations.apply(end('a', T0));
    revocations.apply(end('b', T0 + 60_000));
    expect(revocations.apply(end('c', T0 + 120_000))).toBeNull();
    revocations.forget(T0 + LIFETIME_MS + 2 * SKEW_MS - 1, LIFETIME_MS, SKEW_MS);
    expect(revocations.size).toBe(2);
    revocations.forget(T0 + LIFETIME_MS + 2 * SKEW_MS + 4_000, LIFETIME_MS, SKEW_MS);
    expect(revocations.size).toBe(1);
    expect(revocations.apply(end('c', T0 + 120_000))).toBe(true);
    // One who is known already needs no room.
    expect(revocations.apply({ ...end('c', T0), epoch: 9 })).toBe(true);
    expect(revocations.apply(end('d', T0))).toBeNull();
  });

  it('lasts as long as the latest end of a user, however early the first was', () => {
    const revocations = new Revocations(10);
    revocations.apply(end('a', T0));
    revocations.apply(end('b', T0 + 1_000));
    revocations.apply(end('a', T0 + LIFETIME_MS));
    revocations.forget(T0 + LIFETIME_MS + 2 * SKEW_MS + 4_600, LIFETIME_MS, SKEW_MS);
    expect(revocations.size).toBe(1);
    const judged = (sub: string) => ({ claims: { sub, iat: 0, exp: T0 / 1000 + 7_200 }, epoch: 1 });
    expect([revocations.kills(judged('a'), SKEW_MS), revocations.kills(judged('b'), SKEW_MS)]).toEqual([
      true,
      false,
    ]);
  });

  it('is forgotten in pieces', () => {
    const table = new ExpiringTable();
    for (let n = 0; n < 50_000; n++) table.raise(`u${n}`, 1, n / 1_000);
    const sizes = [1, 2, 3, 4].map(() => {
      table.forget(1_000_000, 1_000);
      return table.size;
    });
    expect(sizes).toEqual([30_000, 10_000, 0, 0]);
    table.raise('again', 7, 1_000_000);
    expect([table.size, table.epochAt(table.slotOf('again') ?? Number.NaN)]).toEqual([1, 7]);
  });
});

const told = (maxTokenLifetimeSeconds: number, more = false): FeedAnswer => ({
  items: [],
  next: 'n',
  more,
  maxTokenLifetimeSeconds,
  clockSkewSeconds: 7,
});

describe('limits', () => {
  it('follow the feed, and the options where they are stricter', () => {
    const limits = new Limits({});
    expect(limits.clockSkewSeconds).toBe(5);
    limits.learn(told(3_600));
    expect([limits.maxTokenLifetimeSeconds, limits.clockSkewSeconds]).toEqual([3_600, 7]);
    const own = new Limits({ maxTokenLifetime: 600, clockSkew: 0 });
    const wide = new Limits({ clockSkew: 9 });
    wide.learn(told(3_600));
    expect(wide.clockSkewSeconds).toBe(9);
    expect(own.learn(told(3_600))).toBe(false);
    expect([own.maxTokenLifetimeSeconds, own.clockSkewSeconds]).toEqual([600, 7]);
    expect(own.learn(told(7_200))).toBe(false);
  });

  it('let tokens live longer only once the feed was read for them from its beginning to its end', () => {
    const limits = new Limits({});
    limits.learn(told(3_600));
    expect(limits.learn(told(7_200))).toBe(true);
    expect(limits.maxTokenLifetimeSeconds).toBe(3_600);
    limits.begin();
    expect(limits.learn(told(7_200, true))).toBe(false);
    expect([limits.maxTokenLifetimeSeconds, limits.rememberedSeconds]).toEqual([3_600, 7_200]);
    limits.learn(told(7_200));
    expect(limits.maxTokenLifetimeSeconds).toBe(7_200);
    limits.learn(told(60, true));
    expect(limits.maxTokenLifetimeSeconds).toBe(60);
  });
});

describe('the pace', () => {
  it('of polls that are all answered at once with news has an end', async () => {
    const closing = new AbortController();
    const sentAt: number[] = [];
    const feed = new FollowFeed({
      async *poll({ onSent }) {
        onSent(momentOf(systemClock));
        sentAt.push(performance.now());
        if (sentAt.length === 5) closing.abort();
        const item = { uid: 'ada', epoch: sentAt.length, revokedAt: Date.now() };
        yield await Promise.resolve({ ...told(3_600), items: [item] });
      },
      revocations: new Revocations(10),
      limits: new Limits({}),
      lease: new Lease(5_000, systemClock),
      pace: createPace(5_000),
      clock: systemClock,
      report: () => undefined,
      onLease: () => undefined,
      closed: closing.signal,
    });
    await feed.run();
    // A hundred guards stay within 5,000 polls a second.
    for (const [index, at] of sentAt.slice(1).entries()) {
      expect(at - (sentAt[index] ?? at)).toBeGreaterThan(20);
    }
  });

  it.each([100, 5_000, 60_000])(
    'of a lease of %d ms leaves time for a whole try after a silent connection',
    (leaseMs) => {
      const pace = createPace(leaseMs, () => 1);
      expect(pace.waitMs).toBeLessThanOrEqual(leaseMs / 3);
      // Answered after the whole wait, then silence.
      const givenUp = pace.waitMs + pace.timeoutMs(pace.waitMs, true);
      const secondTry = givenUp + pace.retryMs(1, true);
      expect(secondTry + pace.timeoutMs(0, true)).toBeLessThan(leaseMs);
    },
  );

  it('doubles its pauses up to a limit, and spreads them from nothing to there', () => {
    const pauses = (held: boolean) =>
      [1, 2, 3, 4, 9].map((failures) => Math.round(createPace(5_000, () => 1).retryMs(failures, held)));
    expect(pauses(true)).toEqual([100, 200, 400, 800, 833]);
    expect(pauses(false)).toEqual([100, 200, 400, 800, 5_000]);
    expect(createPace(5_000, () => 0).retryMs(9, false)).toBe(0);
  });
});
