import { randomBytes } from 'node:crypto';
import { createDataSource, engineOf } from '../../src/database/data-source';
import { createDatabase, type Database } from '../../src/database/database';
import { toInteger, toText } from '../../src/database/decode';
import type { Clock } from '../../src/database/sql';
import { createEncryption, type Encryption } from '../../src/database/encryption';
import { createKeyring } from '../../src/database/keyring';
import { sql } from '../../src/database/sql';
import { newUuid, Uuid } from '../../src/database/uuid';
import type { ChannelName } from '../../src/events/channel';
import { User } from '../../src/users/user.entity';
import { WebhookEndpoint } from '../../src/webhooks/webhook-endpoint.entity';
import { createTestDatabase } from '../support/test-database';

type EntityClass = new () => object;

export interface DeliveryDatabase {
  url: string;
  database: Database;
  /** Moves the database's time. */
  clock: Clock;
  /** What is encrypted in it. */
  encryption: Encryption;
  close(): Promise<void>;
}

/**
 * A database of a test file's own, as the worker opens it.
 * @param more entities besides users and webhook endpoints
 */
export async function openDeliveryDatabase(more: EntityClass[] = []): Promise<DeliveryDatabase> {
  const testDatabase = await createTestDatabase();
  const dataSource = createDataSource({
    databaseUrl: testDatabase.url,
    poolSize: 10,
    entities: [User, WebhookEndpoint, ...more],
  });
  await dataSource.initialize();
  const clock: Clock = { shiftMs: 0 };
  const encryption = createEncryption([{ id: 'k1', key: randomBytes(32) }]);
  const keyring = createKeyring(encryption, randomBytes(32));
  const database = createDatabase(dataSource, engineOf(testDatabase.url), clock, keyring);
  return {
    url: testDatabase.url,
    database,
    clock,
    encryption,
    async close() {
      await database.close();
      await testDatabase.drop();
    },
  };
}

export interface DeliverySeed {
  channel?: ChannelName;
  target?: string;
  userId?: number;
  payload?: string;
  attempts?: number;
  /** Milliseconds from now; null for a column that is NULL. */
  nextAttemptInMs?: number;
  enqueuedInMs?: number | null;
  leaseInMs?: number | null;
}

/** Writes an event with one delivery; answers their ids. */
export async function seedDelivery(
  database: Database,
  seed: DeliverySeed = {},
): Promise<{ deliveryId: string; eventId: string }> {
  const [deliveryId, eventId] = [newUuid(), newUuid()];
  const now = new Date();
  const fromNow = (ms: number | null | undefined) =>
    ms === null || ms === undefined ? null : new Date(now.getTime() + ms);
  const userId = seed.userId ?? 101;
  const payload = seed.payload ?? JSON.stringify({ type: 'user.blocked', data: { reason: 'Übergriff 🚫' } });
  await database.transaction((tx) => {
    tx.write(sql`INSERT INTO events (id, user_id, sequence, type, schema_version, payload, occurred_at)
      VALUES (${new Uuid(eventId)}, ${userId}, 1, 'user.blocked', 1, ${payload}, ${now})`);
    tx.write(sql`INSERT INTO deliveries (id, event_id, user_id, channel, target, state, attempts, next_attempt_at,
      lease_until, enqueued_at, created_at) VALUES (${new Uuid(deliveryId)}, ${new Uuid(eventId)}, ${userId},
      ${seed.channel ?? 'webhook'}, ${seed.target ?? newUuid()}, 'pending', ${seed.attempts ?? 0},
      ${fromNow(seed.nextAttemptInMs ?? -1)}, ${fromNow(seed.leaseInMs)}, ${fromNow(seed.enqueuedInMs)}, ${now})`);
    return Promise.resolve();
  });
  return { deliveryId, eventId };
}

export interface StoredDelivery {
  state: string;
  attempts: number;
  nextAttemptAt: Date;
  leaseUntil: Date | null;
  enqueuedAt: Date | null;
  finishedAt: Date | null;
}

export async function storedDelivery(database: Database, id: string): Promise<StoredDelivery> {
  const { rows } = await database.query(sql`SELECT * FROM deliveries WHERE id = ${new Uuid(id)}`);
  const [row] = rows;
  if (!row) throw new Error(`there is no delivery ${id}`);
  return {
    state: toText(row.state),
    attempts: toInteger(row.attempts),
    nextAttemptAt: row.next_attempt_at as Date,
    leaseUntil: row.lease_until as Date | null,
    enqueuedAt: row.enqueued_at as Date | null,
    finishedAt: row.finished_at as Date | null,
  };
}

/** The attempts of a delivery, first to last. */
export async function storedAttempts(database: Database, id: string) {
  const { rows } = await database.query(
    sql`SELECT * FROM delivery_attempts WHERE delivery_id = ${new Uuid(id)} ORDER BY number`,
  );
  return rows.map((row) => ({
    number: toInteger(row.number),
    outcome: toText(row.outcome),
    statusCode: row.status_code as number | null,
    error: row.error as string | null,
    response: row.response as string | null,
  }));
}

/** Waits for the thing, not for a time. */
export async function eventually<T>(look: () => Promise<T | null> | T | null, what: string): Promise<T> {
  const deadline = performance.now() + 25_000;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > deadline) throw new Error(`it never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
