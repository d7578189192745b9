import type { Database } from '../../src/database/database';
import { toInteger, toText, toUuid } from '../../src/database/decode';
import { commaSeparated, sql } from '../../src/database/sql';
import { newUuid, Uuid } from '../../src/database/uuid';
import type { AttemptOutcome } from '../../src/events/channel';
import { WebhookEndpoint } from '../../src/webhooks/webhook-endpoint.entity';

/** An endpoint that is enabled and answers, unless `seed` says otherwise. */
export const endpointRow = (seed: Partial<WebhookEndpoint> = {}): WebhookEndpoint => ({
  id: newUuid(),
  url: 'http://127.0.0.1:9/hook',
  eventTypes: '["user.blocked"]',
  description: null,
  secret: 'of nobody',
  previousSecret: null,
  previousSecretUntil: null,
  signature: 'v1',
  payload: 'full',
  headers: null,
  contact: null,
  rate: null,
  timeoutMs: null,
  enabled: true,
  disabledAt: null,
  disabledCause: null,
  failingSince: null,
  slowedUntil: null,
  version: 1,
  createdAt: new Date(),
  updatedAt: null,
  ...seed,
});

/** Writes such an endpoint; answers its row. */
export async function seedEndpoint(
  database: Database,
  seed: Partial<WebhookEndpoint> = {},
): Promise<WebhookEndpoint> {
  const endpoint = endpointRow(seed);
  await database.dataSource.manager.insert(WebhookEndpoint, { ...endpoint });
  return endpoint;
}

export const storedEndpoint = (database: Database, id: string): Promise<WebhookEndpoint> =>
  database.find((entities) => entities.findOneByOrFail(WebhookEndpoint, { id }));

export const succeeded: AttemptOutcome = {
  kind: 'succeeded',
  statusCode: 204,
  errorKind: null,
  error: null,
  response: '',
  requestHeaders: null,
};

export const failedWith = (statusCode: number): AttemptOutcome => ({
  kind: 'failed',
  statusCode,
  errorKind: 'answer',
  error: `the receiver answered ${statusCode}`,
  response: '',
  requestHeaders: null,
});

const ROWS_A_STATEMENT = 1_000;

/** Writes so many deliveries to an endpoint, of events that are not there; answers their ids. */
export async function seedDeliveries(
  database: Database,
  target: string,
  count: number,
  state: 'pending' | 'skipped' | 'delivered' = 'pending',
): Promise<string[]> {
  const now = new Date();
  const ids = Array.from({ length: count }, newUuid);
  for (let from = 0; from < count; from += ROWS_A_STATEMENT) {
    const rows = ids.slice(from, from + ROWS_A_STATEMENT).map(
      (
        id,
      ) => sql`(${new Uuid(id)}, ${new Uuid(newUuid())}, 'user.blocked', 101, 'webhook', ${target}, ${state}, 0,
        ${now}, ${now}, ${state === 'pending' ? null : now})`,
    );
    await database.query(sql`INSERT INTO deliveries (id, event_id, event_type, user_id, channel, target, state, attempts,
      next_attempt_at, created_at, finished_at) VALUES ${commaSeparated(rows)}`);
  }
  return ids;
}

/** How many deliveries to an endpoint are in which state. */
export async function statesOf(database: Database, target: string): Promise<Record<string, number>> {
  const { rows } = await database.query(
    sql`SELECT state, COUNT(*) AS amount FROM deliveries WHERE target = ${target} GROUP BY state`,
  );
  return Object.fromEntries(rows.map(({ state, amount }) => [toText(state), toInteger(amount)]));
}

/** The audit trail as `[action, actor, target]`, oldest first. */
export async function auditTrail(database: Database): Promise<[string, string, string][]> {
  const { rows } = await database.query(
    sql`SELECT id, action, actor, target FROM audit_records ORDER BY occurred_at, id`,
  );
  return rows.map(({ action, actor, target }) => [toText(action), toText(actor), toText(target)]);
}

/** The events of a type, oldest first. */
export async function eventsOf(database: Database, type: string) {
  const { rows } = await database.query(
    sql`SELECT id, user_id, payload FROM events WHERE type = ${type} ORDER BY id`,
  );
  return rows.map(({ id, user_id: userId, payload }) => ({
    id: toUuid(id),
    userId: userId as number | null,
    envelope: JSON.parse(toText(payload)) as { type: string; timestamp: string; data: unknown },
  }));
}
