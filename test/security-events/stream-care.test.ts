import pino from 'pino';
import { orNull, toText } from '../../src/database/decode';
import { sql } from '../../src/database/sql';
import { Uuid } from '../../src/database/uuid';
import type { PlannedDelivery } from '../../src/events/channel';
import { createOutbox } from '../../src/events/outbox';
import { channels } from '../../src/registrations';
import { settleRound } from '../../src/security-events/settle-streams';
import { careRound } from '../../src/security-events/stream-care';
import { type DeliveryDatabase, openDeliveryDatabase, storedDelivery } from '../events/delivery-fixtures';
import { newStream, owe, type StreamSeed } from './stream-fixtures';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const AWAY = { pauseAfterDays: 5, maxBacklog: 4 };

let store: DeliveryDatabase;
const handedOver: PlannedDelivery[] = [];

beforeAll(async () => {
  store = await openDeliveryDatabase();
});
beforeEach(async () => {
  handedOver.length = 0;
  await store.database.query(sql`DELETE FROM security_event_streams`);
});
afterAll(() => store.close());

const care = (bounds = AWAY, receivers: readonly string[] = ['*']) => {
  const queues = {
    add: () => Promise.resolve(),
    ping: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const outbox = createOutbox({ channels, queues, onQueueAway: () => Promise.resolve() });
  const kept = {
    ...outbox,
    handOver: (deliveries: readonly PlannedDelivery[]) => handedOver.push(...deliveries),
  };
  return careRound({
    database: store.database,
    outbox: kept,
    log: pino({ level: 'silent' }),
    receivers,
    ...bounds,
  });
};

const statusOf = async (id: string) => {
  const { rows } = await store.database.query(
    sql`SELECT status, status_reason FROM security_event_streams WHERE id = ${new Uuid(id)}`,
  );
  return { status: toText(rows[0]?.status), reason: orNull(toText, rows[0]?.status_reason) };
};

/** A stream that is owed so much. */
async function owing(count: number, seed: StreamSeed) {
  const id = await newStream(store.database, { createdInMs: -30 * DAY_MS, ...seed });
  const state = seed.method === 'poll' || seed.status === 'paused' ? 'held' : 'pending';
  const deliveries = [];
  for (let userId = 1; userId <= count; userId++)
    deliveries.push(await owe(store.database, id, { userId, state }));
  return { id, deliveries };
}

describe('a stream is left as it is', () => {
  it.each<[string, number, StreamSeed]>([
    ['while its receiver takes what is pushed and there is room', 2, { method: 'push' }],
    ['while it has failed for minutes', 2, { method: 'push', failingInMs: -60_000 }],
    ['while it has failed for days, but not too many, and is not owed much', 1, { failingInMs: -4 * DAY_MS }],
    ['while it is polled and there is room', 2, { method: 'poll', polledInMs: -60_000 }],
    ['where nobody polls it and it is owed nothing', 0, { method: 'poll', polledInMs: -9 * DAY_MS }],
    [
      'where it is paused and there is room',
      3,
      { method: 'poll', status: 'paused', polledInMs: -9 * DAY_MS },
    ],
  ])('%s', async (_when, count, seed) => {
    const { id } = await owing(count, seed);
    await care();
    expect(await statusOf(id)).toEqual({ status: seed.status ?? 'enabled', reason: null });
    expect(handedOver).toEqual([]);
  });

  it('where the operator lets receivers be away for any time', async () => {
    const { id } = await owing(1, { failingInMs: -300 * DAY_MS });
    await care({ ...AWAY, pauseAfterDays: 0 });
    expect((await statusOf(id)).status).toBe('enabled');
  });
});

describe('a stream whose receiver stays away is paused and told (SSF 1.0, section 8.1.5)', () => {
  it.each<[string, number, StreamSeed, RegExp]>([
    ['a push that has failed for five days', 1, { failingInMs: -6 * DAY_MS }, /5 days/],
    ['one that nobody has polled for five days', 1, { method: 'poll', polledInMs: -6 * DAY_MS }, /5 days/],
    ['one that was never polled', 1, { method: 'poll' }, /5 days/],
    ['one that is away and owed half of the bound', 2, { failingInMs: -HOUR_MS }, /too much/],
    ['one that answers now and then, and is owed three quarters', 3, { method: 'push' }, /too much/],
    ['the same, polled', 3, { method: 'poll', polledInMs: -60_000 }, /too much/],
    [
      'one that nobody polls, owed half of the bound',
      2,
      { method: 'poll', polledInMs: -HOUR_MS },
      /too much/,
    ],
  ])('%s', async (_what, count, seed, reason) => {
    const { id } = await owing(count, seed);
    await care();
    const found = await statusOf(id);
    expect(found.status).toBe('paused');
    expect(found.reason).toMatch(reason);
    const [told] = handedOver;
    expect(told).toMatchObject({ target: id, eventType: 'stream.updated' });
    expect(told?.state).toBe(seed.method === 'poll' ? 'held' : 'pending');
    const { rows } = await store.database.query(
      sql`SELECT payload FROM events WHERE id = ${new Uuid(told?.eventId ?? '')}`,
    );
    expect(JSON.parse(toText(rows[0]?.payload))).toMatchObject({ data: { streamId: id, ...found } });
    const audit = await store.database.query(
      sql`SELECT action FROM audit_records WHERE target = ${`security_event_stream:${id}`}`,
    );
    expect(audit.rows.map(({ action }) => toText(action))).toEqual(['security_event_stream.set_status']);
  });

  it('by one of two workers', async () => {
    await owing(1, { failingInMs: -6 * DAY_MS });
    await Promise.all([care(), care()]);
    expect(handedOver).toHaveLength(1);
  });

  it('it keeps what it is owed, and is told of the pause all the same', async () => {
    const { id, deliveries } = await owing(1, { failingInMs: -6 * DAY_MS });
    await care();
    await settleRound(store.database, null);
    expect(await storedDelivery(store.database, deliveries[0] ?? '')).toMatchObject({ state: 'held' });
    expect(await storedDelivery(store.database, handedOver[0]?.id ?? '')).toMatchObject({ state: 'pending' });
    expect((await statusOf(id)).status).toBe('paused');
  });
});

describe('a stream whose client is named as a receiver no more', () => {
  it('is paused at once, is told why, and keeps what it is owed; others are as they were', async () => {
    const { id, deliveries } = await owing(1, { clientId: 'removed' });
    const { id: other } = await owing(1, { clientId: 'named' });
    await care(AWAY, ['named']);
    const reason = 'The operator names the client as a receiver no more.';
    expect([await statusOf(id), await statusOf(other)]).toEqual([
      { status: 'paused', reason },
      { status: 'enabled', reason: null },
    ]);
    expect(handedOver.map(({ target, eventType }) => [target, eventType])).toEqual([[id, 'stream.updated']]);
    await settleRound(store.database, null);
    expect(await storedDelivery(store.database, deliveries[0] ?? '')).toMatchObject({ state: 'held' });
    await care(AWAY, ['named']);
    expect(handedOver).toHaveLength(1);
  });
});

describe('a paused stream that is owed too much', () => {
  it.each(['push', 'poll'] as const)('is disabled, and loses all but that word (%s)', async (method) => {
    const { id, deliveries } = await owing(4, { method, status: 'paused' });
    await care();
    expect(await statusOf(id)).toMatchObject({ status: 'disabled' });
    await settleRound(store.database, null);
    for (const delivery of deliveries) {
      expect(await storedDelivery(store.database, delivery)).toMatchObject({ state: 'cancelled' });
    }
    const state = method === 'poll' ? 'held' : 'pending';
    expect(await storedDelivery(store.database, handedOver[0]?.id ?? '')).toMatchObject({ state });
    // Once.
    await care();
    expect(handedOver).toHaveLength(1);
  });
});

it('a stream that cannot be looked after keeps none behind it from being paused or settled', async () => {
  const [first, second] = [await owing(4, { method: 'push' }), await owing(4, { method: 'push' })];
  const failOnce = () =>
    jest.spyOn(store.database, 'transaction').mockRejectedValueOnce(new Error('a row that is held'));
  failOnce();
  await expect(care()).rejects.toThrow('a row that is held');
  const statuses = [(await statusOf(first.id)).status, (await statusOf(second.id)).status];
  expect(statuses.sort()).toEqual(['enabled', 'paused']);

  await store.database.query(sql`UPDATE security_event_streams SET status = 'paused'`);
  failOnce();
  await expect(settleRound(store.database, null)).rejects.toThrow('a row that is held');
  const { rows } = await store.database.query(
    sql`SELECT COUNT(*) AS held FROM deliveries WHERE state = 'held' AND target IN (${first.id}, ${second.id})`,
  );
  expect(Number(rows[0]?.held)).toBe(4);
});
