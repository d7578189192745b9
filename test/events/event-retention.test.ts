import { sql } from '../../src/database/sql';
import { SWEEP_BATCH } from '../../src/database/sweeper';
import { Uuid } from '../../src/database/uuid';
import { deliverySweep, eventSweep } from '../../src/events/event-retention';
import { type DeliveryDatabase, openDeliveryDatabase, seedDelivery } from './delivery-fixtures';

const DAY_MS = 86_400_000;

let store: DeliveryDatabase;
beforeEach(async () => {
  store = await openDeliveryDatabase();
});
afterEach(() => store.close());

const amountOf = async (table: 'events' | 'deliveries' | 'delivery_attempts') => {
  const { rows } =
    table === 'events'
      ? await store.database.query(sql`SELECT COUNT(*) AS amount FROM events`)
      : table === 'deliveries'
        ? await store.database.query(sql`SELECT COUNT(*) AS amount FROM deliveries`)
        : await store.database.query(sql`SELECT COUNT(*) AS amount FROM delivery_attempts`);
  return Number(rows[0]?.amount);
};
const amounts = async () => [
  await amountOf('events'),
  await amountOf('deliveries'),
  await amountOf('delivery_attempts'),
];

async function finish(deliveryId: string, state: string): Promise<void> {
  const [id, now] = [new Uuid(deliveryId), new Date()];
  await store.database.query(
    sql`UPDATE deliveries SET state = ${state}, finished_at = ${now} WHERE id = ${id}`,
  );
  await store.database.query(
    sql`INSERT INTO delivery_attempts (delivery_id, number, started_at, took_ms, outcome) VALUES (${id}, 1, ${now}, 1, 'succeeded')`,
  );
}

describe('retention of deliveries and events', () => {
  it.each(['delivered', 'dead', 'cancelled', 'skipped'])(
    'what is %s goes with its attempts, and then its event',
    async (state) => {
      const { deliveryId } = await seedDelivery(store.database);
      await finish(deliveryId, state);
      store.clock.shiftMs = 89 * DAY_MS;
      expect(await deliverySweep(90).batch(store.database)).toEqual({ removed: 0, more: false });
      store.clock.shiftMs = 91 * DAY_MS;
      // Nothing refers to what is not there.
      expect(await eventSweep(90).batch(store.database)).toEqual({ removed: 0, more: false });
      expect(await amounts()).toEqual([1, 1, 1]);
      expect(await deliverySweep(90).batch(store.database)).toEqual({ removed: 1, more: false });
      expect(await amounts()).toEqual([1, 0, 0]);
      expect(await eventSweep(90).batch(store.database)).toEqual({ removed: 1, more: false });
      expect(await amounts()).toEqual([0, 0, 0]);
    },
  );

  it('I4: what is pending stays for as long as it is, and so does its event', async () => {
    const { eventId } = await seedDelivery(store.database);
    const { deliveryId } = await seedDelivery(store.database);
    await finish(deliveryId, 'delivered');
    store.clock.shiftMs = 400 * DAY_MS;
    expect(await deliverySweep(90).batch(store.database)).toMatchObject({ removed: 1 });
    expect(await eventSweep(90).batch(store.database)).toMatchObject({ removed: 1 });
    const { rows } = await store.database.query(
      sql`SELECT e.id FROM events e JOIN deliveries d ON d.event_id = e.id WHERE e.id = ${new Uuid(eventId)}`,
    );
    expect(rows).toHaveLength(1);
    expect(await amounts()).toEqual([1, 1, 0]);
  });

  it('works in bounded batches', async () => {
    let left = SWEEP_BATCH + 1;
    const seed = async () => {
      while (left-- > 0) await finish((await seedDelivery(store.database)).deliveryId, 'dead');
    };
    // No more at once than there are connections: on a busy machine who waits for one is refused in the end.
    await Promise.all(Array.from({ length: 10 }, seed));
    store.clock.shiftMs = 91 * DAY_MS;
    const [events, deliveries] = [eventSweep(90), deliverySweep(90)];
    // All still referred to: the walk goes on past them, and begins anew the next time.
    expect(await events.batch(store.database)).toEqual({ removed: 0, more: true });
    expect(await events.batch(store.database)).toEqual({ removed: 0, more: false });
    for (const sweep of [deliveries, events]) {
      expect(await sweep.batch(store.database)).toEqual({ removed: SWEEP_BATCH, more: true });
      expect(await sweep.batch(store.database)).toEqual({ removed: 1, more: false });
    }
    expect(await amounts()).toEqual([0, 0, 0]);
  });
});
