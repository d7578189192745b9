import pino from 'pino';
import { sql } from '../../src/database/sql';
import { newUuid } from '../../src/database/uuid';
import { relayDue, startRelay, type RelayOptions } from '../../src/events/relay';
import type { DeliveryJob, JobQueues, QueueName } from '../../src/queues/queues';
import { queueOf } from '../../src/registrations';
import {
  type DeliveryDatabase,
  eventually,
  openDeliveryDatabase,
  seedDelivery,
  storedDelivery,
} from './delivery-fixtures';

const log = pino({ level: 'silent' });
let store: DeliveryDatabase;
beforeEach(async () => {
  store = await openDeliveryDatabase();
});
afterEach(() => store.close());

type Added = DeliveryJob & { queue: QueueName };

/** A queue that keeps what it is given, and is away where it is told to be. */
function recordingQueues() {
  const added: Added[] = [];
  const away = new Set<QueueName>();
  const queues: JobQueues = {
    add(queue, jobs) {
      if (away.has(queue)) return Promise.reject(new Error('away'));
      added.push(...jobs.map((job) => ({ ...job, queue })));
      return Promise.resolve();
    },
    ping: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  return { added, away, queues };
}

const relayOptions = (queues: JobQueues): RelayOptions => ({
  database: store.database,
  queues,
  queueOf,
  log,
  onRelayed: () => undefined,
});

describe('what is due (I4)', () => {
  it.each([
    ['never enqueued', { enqueuedInMs: null }, true],
    ['enqueued a minute ago: the queue may have lost it', { enqueuedInMs: -60_000 }, true],
    ['enqueued a moment ago', { enqueuedInMs: -5_000 }, false],
    ['parked: it waits for its lane', { enqueuedInMs: 60_000 }, false],
    ['not due yet', { enqueuedInMs: null, nextAttemptInMs: 60_000 }, false],
    ['not due yet, enqueued long ago', { enqueuedInMs: -60_000, nextAttemptInMs: 60_000 }, false],
    ['under a live lease', { enqueuedInMs: -60_000, leaseInMs: 20_000, attempts: 1 }, false],
    [
      'under a lease that ran out: its worker died',
      { enqueuedInMs: -60_000, leaseInMs: -1, attempts: 1 },
      true,
    ],
  ])('%s', async (_what, seed, isDue) => {
    const { queues, added } = recordingQueues();
    const target = newUuid();
    const { deliveryId } = await seedDelivery(store.database, { ...seed, target });
    await relayDue(relayOptions(queues));
    const attempt = ('attempts' in seed ? seed.attempts : 0) + 1;
    expect(added).toEqual(isDue ? [{ deliveryId, attempt, target, queue: 'webhooks' }] : []);
  });

  it.each(['delivered', 'dead', 'cancelled'])('never what is %s', async (state) => {
    const { queues, added } = recordingQueues();
    await seedDelivery(store.database);
    await store.database.query(sql`UPDATE deliveries SET state = ${state}`);
    await relayDue(relayOptions(queues));
    expect(added).toEqual([]);
  });

  it('goes to the queue of its channel, once until it goes stale', async () => {
    const { queues, added } = recordingQueues();
    await seedDelivery(store.database, { channel: 'email', target: '101' });
    await relayDue(relayOptions(queues));
    await relayDue(relayOptions(queues));
    expect(added.map(({ queue }) => queue)).toEqual(['emails']);
    store.clock.shiftMs = 31_000;
    await relayDue(relayOptions(queues));
    expect(added).toHaveLength(2);
  });
});

describe('a queue that is away', () => {
  it('leaves the delivery due, and the other queue unharmed', async () => {
    const { queues, added, away } = recordingQueues();
    const mail = await seedDelivery(store.database, { channel: 'email', target: '101', nextAttemptInMs: -9 });
    const hook = await seedDelivery(store.database);
    away.add('emails');
    await expect(relayDue(relayOptions(queues))).rejects.toThrow('away');
    expect(added.map(({ deliveryId }) => deliveryId)).toEqual([hook.deliveryId]);
    expect((await storedDelivery(store.database, mail.deliveryId)).enqueuedAt).toBeNull();
    expect((await storedDelivery(store.database, hook.deliveryId)).enqueuedAt).not.toBeNull();
    away.clear();
    await relayDue(relayOptions(queues));
    expect(added.map(({ deliveryId }) => deliveryId)).toEqual([hook.deliveryId, mail.deliveryId]);
  });
});

describe('several relays at once', () => {
  it('enqueue each delivery once between them, all of a backlog', async () => {
    const { queues, added } = recordingQueues();
    const seeds = Array.from({ length: 60 }, () => seedDelivery(store.database));
    const ids = (await Promise.all(seeds)).map(({ deliveryId }) => deliveryId);
    await Promise.all(Array.from({ length: 4 }, () => relayDue(relayOptions(queues))));
    await relayDue(relayOptions(queues));
    expect(added.map(({ deliveryId }) => deliveryId).sort()).toEqual(ids.sort());
  });
});

describe('the loop', () => {
  it('goes on after a failure, takes what comes due, and stops', async () => {
    const { queues, added, away } = recordingQueues();
    away.add('webhooks');
    const relay = startRelay(relayOptions(queues));
    const { deliveryId } = await seedDelivery(store.database);
    const isReset = async () =>
      (await storedDelivery(store.database, deliveryId)).enqueuedAt === null ? true : null;
    await eventually(isReset, 'the failed round gives the delivery back');
    away.clear();
    await eventually(() => (added.length > 0 ? true : null), 'the delivery is enqueued');
    await relay.stop();
    await seedDelivery(store.database);
    expect(added).toHaveLength(1);
  });
});
