import { createExactLimit, type ExactLimit } from '../../../src/http/rate-limits/exact-limit';
import { limitSweep } from '../../../src/http/rate-limits/limit-retention';
import { type LimitStore, openLimitStore } from '../../../src/http/rate-limits/limit-store';
import { createDatabase } from '../../../src/database/database';
import { createDataSource, engineOf } from '../../../src/database/data-source';
import { createTestDatabase, type TestDatabase } from '../../support/test-database';
import { testEnvironment } from '../../support/test-environment';

const HOUR = 3_600;

let database: TestDatabase;
let stores: LimitStore[];
let away: Error[];
/** In the middle of this hour, by the clock that the store forgets by as well. */
let now: number;
beforeAll(async () => {
  database = await createTestDatabase();
  const options = { databaseUrl: database.url, redisUrl: testEnvironment().redisUrl };
  const prefix = database.url.split('/').at(-1) ?? '';
  away = [];
  stores = [1, 2].map(() => openLimitStore({ ...options, prefix }, (error) => away.push(error)));
  // Redis takes a moment to be connected to.
  const isThere = (store: LimitStore): Promise<unknown> =>
    store
      .add('there', 1, 1)
      .catch(() => new Promise((resolve) => setImmediate(resolve)).then(() => isThere(store)));
  await Promise.all(stores.map(isThere));
});
afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await database.drop();
});
beforeEach(() => {
  away = [];
  now = (Math.floor(Date.now() / 1000 / HOUR) + 0.5) * HOUR * 1000;
});

const processes = (limit: number, name: string): ExactLimit[] =>
  stores.map((store) =>
    createExactLimit({
      name,
      limit,
      windowSeconds: HOUR,
      store,
      onStoreAway: (error) => away.push(error),
      now: () => now,
    }),
  );

/** How many of so many are let through, sent by turns to the processes. */
async function allowed(limits: readonly ExactLimit[], requests: number, key = 'ada'): Promise<number> {
  const answers = await Promise.allSettled(
    Array.from({ length: requests }, async (_, index) => limits[index % limits.length]?.take(key)),
  );
  return answers.filter(({ status }) => status === 'fulfilled').length;
}

it('lets through exactly as many as it says over all processes, and again in the next hour', async () => {
  const limits = processes(10, 'exact');
  expect(await allowed(limits, 9)).toBe(9);
  expect(await allowed(limits, 1)).toBe(1);
  expect(await allowed(limits, 1)).toBe(0);
  expect(await allowed(limits, 30)).toBe(0);
  expect(await allowed(limits, 1, 'grace')).toBe(1);
  now += HOUR * 500 - 1;
  expect(await allowed(limits, 5)).toBe(0);
  now += 1;
  expect(await allowed(limits, 30)).toBe(10);
});

it('holds under requests at the same moment', async () => {
  expect(await allowed(processes(10, 'at once'), 50)).toBe(10);
});

it('a process that starts anew knows what was let through', async () => {
  expect(await allowed(processes(3, 'restart'), 2)).toBe(2);
  expect(await allowed(processes(3, 'restart'), 2)).toBe(1);
});

it('says how long to wait: until the hour is over', async () => {
  const [limit] = processes(1, 'wait');
  await limit?.take('ada');
  await expect(limit?.take('ada')).rejects.toMatchObject({
    code: 'rate_limit.exceeded',
    options: { retryAfterSeconds: HOUR / 2 },
  });
  now += HOUR * 500 - 1;
  await expect(limit?.take('ada')).rejects.toMatchObject({ options: { retryAfterSeconds: 1 } });
});

it('0 is without limit', async () => {
  expect(await allowed(processes(0, 'off'), 100)).toBe(100);
});

it('where the store is away each process limits by itself', async () => {
  const broken: LimitStore = {
    add: () => Promise.reject(new Error('away')),
    close: () => Promise.resolve(),
  };
  const limit = createExactLimit({
    name: 'away',
    limit: 3,
    windowSeconds: HOUR,
    store: broken,
    onStoreAway: (error) => away.push(error),
    now: () => now,
  });
  expect(await allowed([limit], 5)).toBe(3);
  expect(away).toHaveLength(5);
});

/** In Redis the counts go by themselves. */
const onPostgres = testEnvironment().engine === 'mysql' ? it.skip : it;

onPostgres('what PostgreSQL has counted goes once its time is over', async () => {
  const dataSource = createDataSource({ databaseUrl: database.url, poolSize: 2 });
  await dataSource.initialize();
  try {
    const state = createDatabase(dataSource, engineOf(database.url));
    await stores[0]?.add('short', 1, 1, 1);
    const clock = jest.spyOn(Date, 'now');
    const before = await limitSweep.batch(state);
    clock.mockReturnValue(Date.now() + 120_000);
    expect([before.removed, (await limitSweep.batch(state)).removed]).toEqual([0, 2]);
  } finally {
    jest.restoreAllMocks();
    await dataSource.destroy();
  }
});
