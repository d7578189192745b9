import pino from 'pino';
import { Registry } from 'prom-client';
import { sql } from '../../src/database/sql';
import { Uuid } from '../../src/database/uuid';
import { type Backlog, measureBacklog } from '../../src/events/measure-backlog';
import { createBacklogMetrics } from '../../workers/backlog-metrics';
import { type DeliveryDatabase, openDeliveryDatabase, seedDelivery } from '../events/delivery-fixtures';

const log = pino({ level: 'silent' });

describe('what is measured of the backlog', () => {
  let store: DeliveryDatabase;
  beforeAll(async () => {
    store = await openDeliveryDatabase();
  });
  afterAll(() => store.close());

  const seed = async (state: string, ageMs: number, delivered = false): Promise<void> => {
    const { deliveryId } = await seedDelivery(store.database);
    const createdAt = new Date(Date.now() - ageMs);
    await store.database.query(sql`UPDATE deliveries SET state = ${state}, created_at = ${createdAt},
      delivered_at = ${delivered ? createdAt : null} WHERE id = ${new Uuid(deliveryId)}`);
  };

  it('is nothing where there is nothing', async () => {
    expect(await measureBacklog(store.database)).toEqual({
      counts: { pending: 0, held: 0, dead: 0, skipped: 0 },
      oldestUndeliveredSeconds: 0,
    });
  });

  it('are the states that are not over, and the age of what is pending and never arrived', async () => {
    await seed('delivered', 9_000_000, true);
    await seed('dead', 8_000_000);
    await seed('skipped', 8_000_000);
    await seed('skipped', 8_000_000);
    // Replayed: it has arrived once.
    await seed('pending', 7_000_000, true);
    await seed('pending', 600_000);
    await seed('pending', 1_000);
    const { counts, oldestUndeliveredSeconds } = await measureBacklog(store.database);
    expect(counts).toEqual({ pending: 3, held: 0, dead: 1, skipped: 2 });
    expect(oldestUndeliveredSeconds).toBeGreaterThanOrEqual(600);
    expect(oldestUndeliveredSeconds).toBeLessThan(700);
  });
});

describe('the gauges', () => {
  const backlog: Backlog = {
    counts: { pending: 3, held: 0, dead: 1, skipped: 2 },
    oldestUndeliveredSeconds: 12.5,
  };

  it('tell it, and measure once however many ask at once', async () => {
    const registry = new Registry();
    const measure = jest.fn(() => Promise.resolve(backlog));
    createBacklogMetrics(registry, measure, log);
    const [text] = await Promise.all([registry.metrics(), registry.metrics(), registry.metrics()]);
    expect(text).toMatch(/^portcullis_deliveries\{state="pending"\} 3$/m);
    expect(text).toMatch(/^portcullis_deliveries\{state="dead"\} 1$/m);
    expect(text).toMatch(/^portcullis_deliveries\{state="skipped"\} 2$/m);
    expect(text).toMatch(/^portcullis_oldest_undelivered_age_seconds 12\.5$/m);
    expect(measure).toHaveBeenCalledTimes(1);
  });

  it('are left out while the database is away, and spoil nothing else', async () => {
    const registry = new Registry();
    createBacklogMetrics(registry, () => Promise.reject(new Error('away')), log);
    const text = await registry.metrics();
    expect(text).not.toMatch(/^portcullis_/m);
    expect(text).toMatch(/# TYPE portcullis_deliveries gauge/);
  });
});
