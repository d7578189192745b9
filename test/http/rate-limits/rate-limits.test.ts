import { setTimeout as delay } from 'node:timers/promises';
import { type LimitStore, openLimitStore } from '../../../src/http/rate-limits/limit-store';
import { createRateLimits, type RateLimits } from '../../../src/http/rate-limits/rate-limits';
import { createTestDatabase, type TestDatabase } from '../../support/test-database';
import { testEnvironment } from '../../support/test-environment';
import { waitFor } from '../../support/processes';

const limits = { default: 100, sessions: 1_000, revocations: 0, cometchat: 0, zim: 0 };

/** A moment in the middle of a second, so that nothing here runs over its end. */
const NOW = Date.UTC(2026, 10, 21) + 300;

/** The store keeps a count of a second for so long, by its own clock. */
const COUNT_LASTS_MS = 1_000;

describe('the rate limits of one process', () => {
  let now: number;
  let added: [string, number][];
  let away: Error[];
  let elsewhere: number;
  let rateLimits: RateLimits;
  beforeEach(() => {
    now = NOW;
    added = [];
    away = [];
    elsewhere = 0;
    const totals = new Map<string, number>();
    const store: LimitStore = {
      add(key, second, requests) {
        added.push([key, requests]);
        const total = (totals.get(`${key} ${second}`) ?? 0) + requests;
        totals.set(`${key} ${second}`, total);
        return Promise.resolve(total + elsewhere);
      },
      close: () => Promise.resolve(),
    };
    rateLimits = createRateLimits({
      limits,
      store,
      onStoreAway: (error) => away.push(error),
      now: () => now,
    });
  });
  const take = (requests: number, client = 'a', limitClass: 'default' | 'sessions' = 'default') =>
    Array.from({ length: requests }, () => rateLimits.take(limitClass, client)?.allowed);
  const allowed = (answers: readonly unknown[]) => answers.filter((one) => one === true).length;

  it('let through what a client has in a second, and again in the next', () => {
    expect(allowed(take(250))).toBe(100);
    now += 699;
    expect(allowed(take(10))).toBe(0);
    now += 1;
    expect(allowed(take(250))).toBe(100);
  });

  it('are each client’s and each class’s own', () => {
    take(100, 'a');
    expect(allowed(take(100, 'b'))).toBe(100);
    expect(allowed(take(1_100, 'a', 'sessions'))).toBe(1_000);
    expect(rateLimits.take('default', 'a')).toEqual({ allowed: false, limit: 100, remaining: 0 });
    expect(rateLimits.take('sessions', 'b')).toEqual({ allowed: true, limit: 1_000, remaining: 999 });
  });

  it('0 is without limit, and counts nothing', () => {
    const store: LimitStore = {
      add: () => Promise.reject(new Error('asked')),
      close: () => Promise.resolve(),
    };
    const off = createRateLimits({
      limits: { default: 0, sessions: 0, revocations: 0, cometchat: 0, zim: 0 },
      store,
      onStoreAway: (error) => away.push(error),
    });
    expect(Array.from({ length: 10_000 }, () => off.take('default', 'a'))).toEqual(Array(10_000).fill(null));
    expect(away).toEqual([]);
  });

  it('tell the store of a twentieth at a time, and not at all of a client that sends little', async () => {
    take(4, 'rare');
    for (let request = 0; request < 100; request++) {
      take(1);
      await delay(0);
    }
    expect(added).toEqual(Array.from({ length: 20 }, () => ['default a', 5]));
  });

  it('take off what others have let through', async () => {
    elsewhere = 60;
    take(5);
    await delay(0);
    expect(allowed(take(100))).toBe(35);
  });

  it('decide alone where the store is away, and refuse nobody for that', async () => {
    const store: LimitStore = {
      add: () => Promise.reject(new Error('away')),
      close: () => Promise.resolve(),
    };
    const alone = createRateLimits({
      limits,
      store,
      onStoreAway: (error) => away.push(error),
      now: () => now,
    });
    for (let request = 0; request < 100; request++) {
      expect(alone.take('default', 'a')?.allowed).toBe(true);
      await delay(0);
    }
    expect(alone.take('default', 'a')?.allowed).toBe(false);
    expect(away.length).toBe(20);
  });

  it('wait for nobody: a store that never answers changes nothing', () => {
    const store: LimitStore = { add: () => new Promise(() => undefined), close: () => Promise.resolve() };
    const alone = createRateLimits({ limits, store, onStoreAway: () => undefined, now: () => now });
    const answers = Array.from({ length: 150 }, () => alone.take('default', 'a')?.allowed);
    expect(allowed(answers)).toBe(100);
  });
});

describe('the rate limits of two processes on the store that is there', () => {
  let database: TestDatabase;
  const open = (url = testEnvironment().redisUrl, databaseUrl = database.url) => {
    const away: Error[] = [];
    const onStoreAway = (error: Error) => void away.push(error);
    const prefix = /portcullis_test_\w+/.exec(database.url)?.[0] ?? '';
    const store = openLimitStore({ databaseUrl, redisUrl: url, prefix }, onStoreAway);
    let telling: Promise<unknown> = Promise.resolve();
    const heard: LimitStore = {
      ...store,
      add(...counted) {
        const adding = store.add(...counted);
        telling = adding.catch(() => undefined);
        return adding;
      },
    };
    const own = createRateLimits({ limits, store: heard, onStoreAway, now: () => NOW });
    return { limits: own, store, away, told: () => telling };
  };
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('add up, second by second', async () => {
    const { store } = open();
    // Connected, whatever that takes.
    await waitFor(() => store.add('warm-up', 0, 1).catch(() => undefined), 'the store');
    const second = Math.floor(Date.now() / 1000);
    expect(await store.add('a', second, 5)).toBe(5);
    expect(await store.add('a', second, 7)).toBe(12);
    expect(await store.add('a', second + 1, 1)).toBe(1);
    expect(await store.add('b', second, 1)).toBe(1);
    // The second after the next counts under the same name, when this one is over.
    const fresh = async () => ((await store.add('a', second + 2, 1)) === 1 ? true : undefined);
    await waitFor(fresh, 'the end of the count', 5_000);
    await store.close();
  });

  it('let a client through as often as one would, but for a twentieth each', async () => {
    const [here, there] = [open(), open()];
    await waitFor(() => here.store.add('warm-up', 0, 1).catch(() => undefined), 'the store');
    await waitFor(() => there.store.add('warm-up', 0, 1).catch(() => undefined), 'the store');
    let clients = 0;
    const countOne = async () => {
      const [client, begun] = [`client ${++clients}`, performance.now()];
      let through = 0;
      for (let request = 0; request < 100; request++) {
        for (const { limits, told } of [here, there]) {
          if (limits.take('default', client)?.allowed === true) through++;
          await told();
        }
      }
      return performance.now() - begun < COUNT_LASTS_MS ? through : undefined;
    };
    const through = await waitFor(countOne, 'a client whose count was not over before her requests');
    expect(through).toBeGreaterThanOrEqual(100);
    expect(through).toBeLessThanOrEqual(110);
    await Promise.all([here, there].map(({ limits }) => limits.close()));
  });

  it('where the store is away, let everybody through within the limit', async () => {
    const gone = open(
      testEnvironment().redisUrl && 'redis://127.0.0.1:1',
      'postgres://nobody@127.0.0.1:1/nowhere',
    );
    for (let request = 0; request < 50; request++) {
      expect(gone.limits.take('default', 'a')?.allowed).toBe(true);
    }
    await waitFor(() => gone.away[0], 'the word that it is away', 5_000);
    await gone.limits.close();
  });
});
