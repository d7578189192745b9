import { toInteger, toText, toTime, toUuid } from '../../src/database/decode';
import { commaSeparated, sql } from '../../src/database/sql';
import { newUuid, Uuid } from '../../src/database/uuid';
import { RENEWAL_BATCH } from '../../src/events/renew-deliveries';
import { createRepairEndpoint, type Repair } from '../../src/webhooks/repair-endpoint';
import { newEndpoint } from '../api/support/fixtures';
import { emptyTables } from '../api/support/tables';
import { startTestApi, type TestApi } from '../support/test-api';

const actor = { subject: 'test', clientId: null, requestId: null };
let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ LOG_LEVEL: 'silent' });
});
afterEach(() => emptyTables(api.services.database));
afterAll(() => api.close());

const BATCHES = 2;
const DELIVERIES_A_CALL = BATCHES * RENEWAL_BATCH;
const BEGINNING = new Date('2026-11-01T00:00:00Z');

/** Deliveries of a lost month to an endpoint, one a second. */
async function seed(target: string, count: number, state: string): Promise<void> {
  const { database } = api.services;
  for (let from = 0; from < count; from += 1_000) {
    const numbers = Array.from({ length: Math.min(1_000, count - from) }, (_, at) => from + at);
    const made = numbers.map((n) => ({
      event: new Uuid(newUuid()),
      at: new Date(BEGINNING.getTime() + n * 1_000),
      id: new Uuid(newUuid()),
    }));
    const events = made.map(({ event, at }) => sql`(${event}, 101, 1, 'user.blocked', 1, '{}', ${at})`);
    const deliveries = made.map(
      ({ id, event, at }) =>
        sql`(${id}, ${event}, 'user.blocked', 101, 'webhook', ${target}, ${state}, 10, ${at}, ${at}, ${at})`,
    );
    await database.query(
      sql`INSERT INTO events (id, user_id, sequence, type, schema_version, payload, occurred_at) VALUES ${commaSeparated(events)}`,
    );
    await database.query(sql`INSERT INTO deliveries (id, event_id, event_type, user_id, channel, target, state, attempts,
      next_attempt_at, created_at, finished_at) VALUES ${commaSeparated(deliveries)}`);
  }
}

const repairOf = (endpointId: string, more: Partial<Repair> = {}): Repair => ({
  action: 'recover',
  endpointId,
  from: BEGINNING,
  after: null,
  ...more,
});

describe('a repair of many deliveries', () => {
  it('is bounded a call and goes on where it ended, in the order of the events, at the pace of the relay', async () => {
    const { database } = api.services;
    const repair = createRepairEndpoint(database, BATCHES);
    const { id } = await newEndpoint(api);
    await seed(id, DELIVERIES_A_CALL + 7, 'dead');
    const startedAt = Date.now();
    const first = await repair(repairOf(id), actor);
    expect(first.count).toBe(DELIVERIES_A_CALL);
    const { rows } = await database.query(
      sql`SELECT created_at, next_attempt_at FROM deliveries WHERE state = 'pending' ORDER BY next_attempt_at`,
    );
    const createdAt = rows.map((row) => toTime(row.created_at).getTime());
    expect(createdAt).toEqual([...createdAt].sort((a, b) => a - b));
    const last = toTime(rows.at(-1)?.next_attempt_at).getTime() - toTime(rows[0]?.next_attempt_at).getTime();
    expect(last).toBe((DELIVERIES_A_CALL - 1) * 2);
    expect(toTime(rows[0]?.next_attempt_at).getTime()).toBeGreaterThanOrEqual(startedAt - 1_000);

    expect(await repair(repairOf(id, { after: first.next }), actor)).toEqual({ count: 7, next: null });
  });

  it('that replays what arrived meanwhile does not begin again at the beginning', async () => {
    const { database } = api.services;
    const repair = createRepairEndpoint(database, BATCHES);
    const { id } = await newEndpoint(api);
    await seed(id, DELIVERIES_A_CALL + 1, 'delivered');
    const { count, next } = await repair(repairOf(id, { action: 'replay' }), actor);
    await database.query(sql`UPDATE deliveries SET state = 'delivered'`);
    const second = await repair(repairOf(id, { action: 'replay', after: next }), actor);
    expect([count, second]).toEqual([DELIVERIES_A_CALL, { count: 1, next: null }]);
  });

  it('several at once make each delivery due once', async () => {
    const { database } = api.services;
    const repair = createRepairEndpoint(database);
    const { id } = await newEndpoint(api);
    await seed(id, 1_200, 'dead');
    const results = await Promise.all([1, 2, 3].map(() => repair(repairOf(id), actor)));
    expect(results.reduce((sum, { count }) => sum + count, 0)).toBe(1_200);
    const { rows } = await database.query(
      sql`SELECT state, COUNT(*) AS amount FROM deliveries WHERE schedule_base = 10 GROUP BY state`,
    );
    expect(rows.map((row) => [toText(row.state), toInteger(row.amount)])).toEqual([['pending', 1_200]]);
  });

  it('waits for nobody who sends: what a worker holds stays as it is', async () => {
    const { database } = api.services;
    const { id } = await newEndpoint(api);
    await seed(id, 3, 'dead');
    const { rows } = await database.query(sql`SELECT id FROM deliveries ORDER BY created_at`);
    const held = new Uuid(toUuid(rows[1]?.id));
    await database.query(
      sql`UPDATE deliveries SET lease_until = ${new Date(Date.now() + 60_000)} WHERE id = ${held}`,
    );
    expect(await createRepairEndpoint(database)(repairOf(id), actor)).toEqual({ count: 2, next: null });
    const { rows: left } = await database.query(sql`SELECT state FROM deliveries WHERE id = ${held}`);
    expect(left).toEqual([{ state: 'dead' }]);
  });
});
