import pino from 'pino';
import { sql } from '../../../src/database/sql';
import { newUuid, Uuid } from '../../../src/database/uuid';
import { type BacklogPosition, fetchBacklog } from '../../../src/events/dispatch/backlog';
import { createParking } from '../../../src/events/dispatch/parking';
import { relayDue } from '../../../src/events/relay';
import { queueOf } from '../../../src/registrations';
import {
  type DeliveryDatabase,
  openDeliveryDatabase,
  seedDelivery,
  storedDelivery,
} from '../delivery-fixtures';

const log = pino({ level: 'silent' });
let store: DeliveryDatabase;
beforeAll(async () => {
  store = await openDeliveryDatabase();
});
beforeEach(() => store.database.query(sql`DELETE FROM deliveries`));
afterEach(() => {
  store.clock.shiftMs = 0;
});
afterAll(() => store.close());

/** Deliveries of several types to one receiver that were handed to a queue, the oldest first. */
async function seed(count: number, target: string): Promise<string[]> {
  const start = Date.now() - 3_600_000;
  const ids: string[] = [];
  for (let index = 0; index < count; index++) {
    const { deliveryId } = await seedDelivery(store.database, { target, enqueuedInMs: 0, userId: index + 1 });
    const type = index % 3 === 0 ? 'user.unblocked' : 'user.blocked';
    await store.database.query(sql`UPDATE deliveries SET event_type = ${type},
      created_at = ${new Date(start + index)} WHERE id = ${new Uuid(deliveryId)}`);
    ids.push(deliveryId);
  }
  return ids;
}

async function park(ids: readonly string[], forMs = 600_000): Promise<void> {
  const parking = createParking(store.database, log);
  await Promise.all(ids.map((id) => parking.park(id, forMs)));
}

async function walk(target: string, limit: number): Promise<string[]> {
  const found: string[] = [];
  let position: BacklogPosition | null = null;
  do {
    const page = await fetchBacklog(store.database, target, position, limit);
    expect(page.waiting.length).toBeLessThanOrEqual(limit);
    found.push(...page.waiting.map(({ deliveryId }) => deliveryId));
    position = page.position;
  } while (position);
  return found;
}

/** What the relay would enqueue. */
async function relayed(): Promise<string[]> {
  const ids: string[] = [];
  await relayDue({
    database: store.database,
    queues: {
      add: (_queue, jobs) => Promise.resolve(void ids.push(...jobs.map(({ deliveryId }) => deliveryId))),
      ping: () => Promise.resolve(),
      close: () => Promise.resolve(),
    },
    queueOf,
    log,
    onRelayed: () => undefined,
  });
  return ids;
}

describe('what is parked', () => {
  it('comes back to its lane: each once, the oldest first, whatever its type', async () => {
    const target = newUuid();
    const ids = await seed(40, target);
    await park(await seed(3, newUuid()));
    await park(ids);
    expect(await walk(target, 7)).toEqual(ids);
    expect(await walk(target, 7)).toEqual([]);
  });

  it('and nothing else: neither what a queue has, nor what waits for its next attempt', async () => {
    const target = newUuid();
    const [queued = '', retried = '', parked = ''] = await seed(3, target);
    await park([parked]);
    await store.database.query(sql`UPDATE deliveries SET enqueued_at = NULL, attempts = 1,
      next_attempt_at = ${new Date(Date.now() + 60_000)} WHERE id = ${new Uuid(retried)}`);
    expect(await walk(target, 10)).toEqual([parked]);
    expect((await storedDelivery(store.database, queued)).enqueuedAt).not.toBeNull();
  });

  it('comes to one of two processes that fetch at the same moment', async () => {
    const target = newUuid();
    const ids = await seed(30, target);
    await park(ids);
    const found = (await Promise.all([walk(target, 5), walk(target, 5)])).flat();
    // Who meets the other passes by; the relay would find what both have passed.
    expect(new Set(found).size).toBe(found.length);
    expect(ids).toEqual(expect.arrayContaining(found));
  });

  it('is taken by nobody else, though he began to when the one who took it had not', async () => {
    const target = newUuid();
    const ids = await seed(3, target);
    await park(ids);
    const { engine } = store.database;
    const send = engine.send.bind(engine);
    const meeting = jest.spyOn(engine, 'send');
    let others: Promise<string[]> | undefined;
    meeting.mockImplementation(async (connection, script, count) => {
      // His statement has its time already; a moment later, and before it runs, the other takes all.
      if (!others && script.includes('SKIP LOCKED')) {
        store.clock.shiftMs = 1_000;
        others = walk(target, 10);
        await others;
        store.clock.shiftMs = 0;
      }
      return send(connection, script, count);
    });
    const his = await walk(target, 10);
    meeting.mockRestore();
    expect([his, await others]).toEqual([[], ids]);
  });

  it('is left alone by the relay until its time has come (I4)', async () => {
    const ids = await seed(3, newUuid());
    await park(ids, 600_000);
    store.clock.shiftMs = 590_000;
    expect(await relayed()).toEqual([]);
    store.clock.shiftMs = 602_000;
    expect((await relayed()).sort()).toEqual([...ids].sort());
  });

  it('is enqueued at once where it was given back', async () => {
    const ids = await seed(3, newUuid());
    const parking = createParking(store.database, log);
    ids.forEach((id) => parking.giveBack(id));
    await parking.close();
    expect((await relayed()).sort()).toEqual([...ids].sort());
  });

  it('stays as it is where somebody makes an attempt at it', async () => {
    const { deliveryId } = await seedDelivery(store.database, { leaseInMs: 20_000, enqueuedInMs: 0 });
    await park([deliveryId]);
    const { enqueuedAt } = await storedDelivery(store.database, deliveryId);
    expect(enqueuedAt?.getTime()).toBeLessThan(Date.now() + 1_000);
  });
});
