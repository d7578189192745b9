import pino from 'pino';
import type { Actor } from '../../src/audit/audit';
import type { Database } from '../../src/database/database';
import { fromNow, sql } from '../../src/database/sql';
import { newUuid, Uuid } from '../../src/database/uuid';
import { createDeleteWebhookEndpoint } from '../../src/webhooks/delete-webhook-endpoint';
import { createDisableWebhookEndpoint } from '../../src/webhooks/disable-webhook-endpoint';
import { createEnableWebhookEndpoint } from '../../src/webhooks/enable-webhook-endpoint';
import { skipRound, startSkipping } from '../../src/webhooks/skip-disabled';
import { type DeliveryDatabase, eventually, openDeliveryDatabase } from '../events/delivery-fixtures';
import { auditTrail, seedDeliveries, seedEndpoint, statesOf, storedEndpoint } from './endpoint-fixtures';

const BACKLOG = 5_000;
const actor: Actor = { subject: 'admin', clientId: 'admin', requestId: 'r1' };
const log = pino({ level: 'silent' });

let store: DeliveryDatabase;
let database: Database;
beforeAll(async () => {
  store = await openDeliveryDatabase();
  ({ database } = store);
});
afterAll(() => store.close());

const disable = (id: string) => createDisableWebhookEndpoint(database)(id, actor);
const enable = (id: string) => createEnableWebhookEndpoint(database)(id, actor);
const remove = (id: string) => createDeleteWebhookEndpoint(database, log)(id, actor);
/** Puts an attempt under way: its worker holds the row by a lease. */
const lease = (deliveryId: string) =>
  database.query(
    sql`UPDATE deliveries SET attempts = 1, lease_until = ${fromNow(20_000)} WHERE id = ${new Uuid(deliveryId)}`,
  );
/** Counts the transactions that `work` needs. */
async function transactionsOf(work: () => Promise<unknown>): Promise<number> {
  const transactions = jest.spyOn(database, 'transaction');
  await work();
  const { length } = transactions.mock.calls;
  transactions.mockRestore();
  return length;
}
const skipAll = async () => {
  while ((await skipRound(database)) === 0);
};

describe('disabling an endpoint', () => {
  it('skips the whole backlog in bounded batches, and nobody else’s', async () => {
    const [{ id }, other] = [await seedEndpoint(database), await seedEndpoint(database)];
    await seedDeliveries(database, id, BACKLOG);
    await seedDeliveries(database, id, 3, 'delivered');
    await seedDeliveries(database, other.id, 7);
    await disable(id);
    expect(await transactionsOf(skipAll)).toBeGreaterThanOrEqual(BACKLOG / 500);
    expect(await statesOf(database, id)).toEqual({ skipped: BACKLOG, delivered: 3 });
    expect(await statesOf(database, other.id)).toEqual({ pending: 7 });
    const { rows } = await database.query(sql`SELECT COUNT(*) AS amount FROM deliveries
      WHERE target = ${id} AND (finished_at IS NULL OR enqueued_at IS NOT NULL OR lease_until IS NOT NULL)`);
    expect(Number(rows[0]?.amount)).toBe(0);
  });

  it('I4: leaves an attempt under way to tell what came of it, and skips it afterwards', async () => {
    const { id } = await seedEndpoint(database);
    const [held = ''] = await seedDeliveries(database, id, 2);
    await lease(held);
    await disable(id);
    await skipAll();
    expect(await statesOf(database, id)).toEqual({ pending: 1, skipped: 1 });
    await database.query(sql`UPDATE deliveries SET lease_until = NULL WHERE id = ${new Uuid(held)}`);
    await skipAll();
    expect(await statesOf(database, id)).toEqual({ skipped: 2 });
  });

  it('I4: skips nothing of an endpoint that was enabled again meanwhile', async () => {
    const { id } = await seedEndpoint(database);
    await seedDeliveries(database, id, 2);
    await disable(id);
    const query = database.query.bind(database);
    jest.spyOn(database, 'query').mockImplementationOnce(async (statement) => {
      const seen = await query(statement);
      await enable(id);
      return seen;
    });
    await skipRound(database);
    expect(await statesOf(database, id)).toEqual({ pending: 2 });
  });

  it('is left to a loop of the worker, which finds it by itself', async () => {
    const { id } = await seedEndpoint(database);
    await seedDeliveries(database, id, 2);
    const skipping = startSkipping(database, log);
    await disable(id);
    await eventually(
      async () => ((await statesOf(database, id)).skipped === 2 ? true : null),
      'the skipping',
    );
    await skipping.stop();
  });

  it('a repeat changes nothing, and leaves the cause and the trail as they are', async () => {
    const at = new Date('2026-11-20T00:00:00.000Z');
    const gone = { enabled: false, disabledAt: at, disabledCause: 'gone' as const };
    const endpoint = await seedEndpoint(database, gone);
    const before = await auditTrail(database);
    expect(await disable(endpoint.id)).toEqual(endpoint);
    expect(await storedEndpoint(database, endpoint.id)).toEqual(endpoint);
    expect(await auditTrail(database)).toEqual(before);
  });
});

describe('enabling an endpoint', () => {
  it('gives it a clean slate, and leaves what it missed skipped', async () => {
    const at = new Date('2026-11-20T00:00:00.000Z');
    const { id } = await seedEndpoint(database, { failingSince: at, slowedUntil: at });
    await disable(id);
    await seedDeliveries(database, id, 2, 'skipped');
    const answered = await enable(id);
    expect(answered).toMatchObject({
      enabled: true,
      disabledAt: null,
      disabledCause: null,
      failingSince: null,
      slowedUntil: null,
      version: 3,
    });
    expect(await storedEndpoint(database, id)).toEqual(answered);
    expect(await statesOf(database, id)).toEqual({ skipped: 2 });
    expect((await auditTrail(database)).slice(-2)).toEqual([
      ['webhook_endpoint.disable', 'admin', `webhook_endpoint:${id}`],
      ['webhook_endpoint.enable', 'admin', `webhook_endpoint:${id}`],
    ]);
  });

  it('a repeat changes nothing', async () => {
    const endpoint = await seedEndpoint(database, { failingSince: new Date('2026-11-20T00:00:00.000Z') });
    expect(await enable(endpoint.id)).toEqual(endpoint);
  });
});

describe('deleting an endpoint', () => {
  it('cancels all that waits or was skipped in bounded batches, and nobody else’s', async () => {
    const [{ id }, other] = [await seedEndpoint(database), await seedEndpoint(database)];
    await seedDeliveries(database, id, BACKLOG);
    await seedDeliveries(database, id, 700, 'skipped');
    await seedDeliveries(database, id, 3, 'delivered');
    await seedDeliveries(database, other.id, 7);
    await seedDeliveries(database, other.id, 2, 'skipped');
    expect(await transactionsOf(() => remove(id))).toBeGreaterThanOrEqual((BACKLOG + 700) / 500);
    expect(await statesOf(database, id)).toEqual({ cancelled: BACKLOG + 700, delivered: 3 });
    expect(await statesOf(database, other.id)).toEqual({ pending: 7, skipped: 2 });
  });

  it('I4: leaves an attempt under way to tell what came of it', async () => {
    const { id } = await seedEndpoint(database);
    const [held = ''] = await seedDeliveries(database, id, 2);
    await lease(held);
    await remove(id);
    expect(await statesOf(database, id)).toEqual({ pending: 1, cancelled: 1 });
  });

  // The process dies, or the database is away, when the endpoint is gone already: a 503 would say that it is not.
  it('is done once the endpoint is gone, whatever becomes of its deliveries', async () => {
    const { id } = await seedEndpoint(database);
    await seedDeliveries(database, id, 2);
    const transaction = database.transaction.bind(database);
    const transactions = jest.spyOn(database, 'transaction');
    transactions
      .mockImplementationOnce((...of) => transaction(...of))
      .mockImplementationOnce(() => Promise.reject(new Error('the database is away')));
    await remove(id);
    transactions.mockRestore();
    expect(await statesOf(database, id)).toEqual({ pending: 2 });
    await expect(remove(id)).rejects.toMatchObject({ code: 'webhook_endpoint.not_found' });
  });

  it('that is not there is not found, and leaves no trace', async () => {
    const before = await auditTrail(database);
    for (const useCase of [disable, enable, remove]) {
      await expect(useCase(newUuid())).rejects.toMatchObject({ code: 'webhook_endpoint.not_found' });
    }
    expect(await auditTrail(database)).toEqual(before);
  });
});
