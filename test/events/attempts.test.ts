import { newUuid } from '../../src/database/uuid';
import type { AttemptOutcome, ClaimedDelivery } from '../../src/events/channel';
import type { AttemptRecord } from '../../src/events/dispatch/attempts';
import { sql } from '../../src/database/sql';
import {
  type DeliveryDatabase,
  openDeliveryDatabase,
  seedDelivery,
  storedAttempts,
  storedDelivery,
} from './delivery-fixtures';
import { createMakeAttempt, LIMIT_MS, senderOf } from './make-attempt';

let store: DeliveryDatabase;
beforeEach(async () => {
  store = await openDeliveryDatabase();
});
afterEach(() => store.close());

const succeeded: AttemptOutcome = {
  kind: 'succeeded',
  statusCode: 204,
  errorKind: null,
  requestHeaders: null,
  error: null,
  response: '',
};
const failed: AttemptOutcome = {
  kind: 'failed',
  statusCode: 503,
  errorKind: 'answer',
  requestHeaders: null,
  error: 'the receiver answered 503',
  response: 'no',
};

/** Attempts whose sending does what it is told. */
function attempts(send: (delivery: ClaimedDelivery) => Promise<AttemptOutcome>) {
  const sent: ClaimedDelivery[] = [];
  const records: AttemptRecord[] = [];
  const sender = senderOf((delivery) => {
    sent.push(delivery);
    return send(delivery);
  });
  const attempt = createMakeAttempt(store.database, sender, {
    schedule: [0, 5, 300],
    onAttempt: (record) => records.push(record),
  });
  return { attempt, sent, records };
}

describe('an attempt', () => {
  it('sends the event, and records the outcome and the state in one (I3)', async () => {
    const { deliveryId, eventId } = await seedDelivery(store.database, { payload: '{"a":"ü🚫"}' });
    const { attempt, sent, records } = attempts(() => Promise.resolve(succeeded));
    await attempt({ deliveryId, attempt: 1 });
    expect(sent).toMatchObject([
      { id: deliveryId, attempt: 1, event: { id: eventId, type: 'user.blocked', payload: '{"a":"ü🚫"}' } },
    ]);
    expect(await storedDelivery(store.database, deliveryId)).toMatchObject({
      state: 'delivered',
      attempts: 1,
      leaseUntil: null,
      enqueuedAt: null,
    });
    expect((await storedDelivery(store.database, deliveryId)).finishedAt).not.toBeNull();
    expect(await storedAttempts(store.database, deliveryId)).toMatchObject([
      { number: 1, outcome: 'succeeded', statusCode: 204 },
    ]);
    expect(records).toHaveLength(1);
  });

  it('that failed makes the delivery due again after the time of the schedule', async () => {
    const { deliveryId } = await seedDelivery(store.database, { enqueuedInMs: -10 });
    const { attempt } = attempts(() => Promise.resolve(failed));
    await attempt({ deliveryId, attempt: 1 });
    const after = await storedDelivery(store.database, deliveryId);
    expect(after).toMatchObject({ state: 'pending', attempts: 1, leaseUntil: null, enqueuedAt: null });
    const inMs = after.nextAttemptAt.getTime() - Date.now();
    expect(inMs).toBeGreaterThan(4_000);
    expect(inMs).toBeLessThanOrEqual(6_000);
  });

  it('after the last of the schedule gives up, and each attempt stays visible (I4)', async () => {
    const { deliveryId } = await seedDelivery(store.database);
    const { attempt } = attempts(() => Promise.resolve(failed));
    for (const number of [1, 2, 3]) await attempt({ deliveryId, attempt: number });
    expect(await storedDelivery(store.database, deliveryId)).toMatchObject({ state: 'dead', attempts: 3 });
    expect((await storedAttempts(store.database, deliveryId)).map(({ outcome }) => outcome)).toEqual([
      'retry',
      'retry',
      'gave_up',
    ]);
  });

  it.each([
    ['refused', 'dead', 'gave_up'],
    ['gone', 'cancelled', 'cancelled'],
  ] as const)('that was %s leaves it %s at once', async (kind, state, outcome) => {
    const { deliveryId } = await seedDelivery(store.database);
    await attempts(() => Promise.resolve({ ...failed, kind })).attempt({ deliveryId, attempt: 1 });
    expect(await storedDelivery(store.database, deliveryId)).toMatchObject({ state });
    expect(await storedAttempts(store.database, deliveryId)).toMatchObject([{ outcome }]);
  });

  it('stores whatever a receiver answers', async () => {
    const { deliveryId } = await seedDelivery(store.database);
    const response = `\u0000\ud800 ${'🚫'.repeat(600)}`;
    await attempts(() => Promise.resolve({ ...failed, response })).attempt({ deliveryId, attempt: 1 });
    const [stored] = await storedAttempts(store.database, deliveryId);
    expect(stored?.response).toContain('🚫');
    expect(stored?.response).not.toContain('\u0000');
  });

  // It would be tried each half minute, without end and without a trace, beside the schedule.
  it('whose sending throws counts as failed, and ends with the schedule (I4)', async () => {
    const { deliveryId } = await seedDelivery(store.database);
    const { attempt } = attempts(() => Promise.reject(new Error('no encryption key "k0" is configured')));
    for (const number of [1, 2, 3]) await attempt({ deliveryId, attempt: number });
    expect(await storedDelivery(store.database, deliveryId)).toMatchObject({ state: 'dead', attempts: 3 });
    const stored = await storedAttempts(store.database, deliveryId);
    expect(stored.map(({ error }) => error)).toEqual(Array(3).fill('it could not be sent'));
  });
});

describe('the claim', () => {
  it('of one attempt is won once, however many try (I4)', async () => {
    const { deliveryId } = await seedDelivery(store.database);
    const { attempt, sent } = attempts(() => Promise.resolve(succeeded));
    await Promise.all(Array.from({ length: 30 }, () => attempt({ deliveryId, attempt: 1 })));
    expect(sent).toHaveLength(1);
  });

  it.each([
    ['another attempt is due', { attempts: 1 }],
    ['somebody holds it', { leaseInMs: 10_000 }],
  ])('is refused where %s', async (_what, seed) => {
    const { deliveryId } = await seedDelivery(store.database, seed);
    const { attempt, sent } = attempts(() => Promise.resolve(succeeded));
    await attempt({ deliveryId, attempt: 1 });
    expect(sent).toHaveLength(0);
  });

  it.each(['delivered', 'dead', 'cancelled'])('is refused where it is %s', async (state) => {
    const { deliveryId } = await seedDelivery(store.database);
    await store.database.query(sql`UPDATE deliveries SET state = ${state}`);
    const { attempt, sent } = attempts(() => Promise.resolve(succeeded));
    await attempt({ deliveryId, attempt: 1 });
    expect(sent).toHaveLength(0);
  });

  it('of a delivery that is not there is refused', async () => {
    const { attempt, sent } = attempts(() => Promise.resolve(succeeded));
    await attempt({ deliveryId: newUuid(), attempt: 1 });
    expect(sent).toHaveLength(0);
  });

  it('of the next attempt is won once the lease of a dead worker ran out, by the database’s clock', async () => {
    const { deliveryId, eventId } = await seedDelivery(store.database);
    let die: (error: Error) => void = () => undefined;
    const dying = attempts(() => new Promise((_resolve, reject) => (die = reject)));
    const lost = dying.attempt({ deliveryId, attempt: 1 });
    while (dying.sent.length === 0) await new Promise((resolve) => setImmediate(resolve));

    const { attempt, sent } = attempts(() => Promise.resolve(succeeded));
    await attempt({ deliveryId, attempt: 2 });
    expect(sent).toHaveLength(0);
    store.clock.shiftMs = LIMIT_MS + 11_000;
    await attempt({ deliveryId, attempt: 2 });
    expect(sent.map(({ event }) => event.id)).toEqual([eventId]);

    // The one that was given up comes back: it must not undo what the other has recorded.
    die(new Error('late'));
    await lost;
    expect(await storedDelivery(store.database, deliveryId)).toMatchObject({
      state: 'delivered',
      attempts: 2,
    });
  });

  it('a delivery that is cancelled while it is sent stays cancelled', async () => {
    const { deliveryId } = await seedDelivery(store.database);
    const { attempt } = attempts(async () => {
      await store.database.query(sql`UPDATE deliveries SET state = 'cancelled'`);
      return failed;
    });
    await attempt({ deliveryId, attempt: 1 });
    expect(await storedDelivery(store.database, deliveryId)).toMatchObject({ state: 'cancelled' });
  });
});
