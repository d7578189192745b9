import type { Database } from '../database/database';
import { toTime, toUuid } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { commaSeparated, currentTime, inSequence, sql, type Statement } from '../database/sql';
import { Uuid } from '../database/uuid';
import { type DeliveryFilter, type DeliveryPosition, selectDeliveryKeys } from './delivery-keys';
import type { DeliveryState } from './delivery.entity';
import { hasContent } from './forget';

/** Deliveries of one transaction at most: each is short, and holds up nobody. */
export const RENEWAL_BATCH = 500;

/**
 * Between two deliveries of a renewal, in milliseconds: 500 a second, as many as the relay takes in one batch. All at once
 * would stand in the queue before what happens meanwhile.
 */
const SPACING_MS = 2;

/** Rows of the version before do not say when they first arrived. */
const whenDelivered: Statement = sql`CASE WHEN state = 'delivered' THEN finished_at END`;

/** What a delivery's row says once it is to be sent anew; when, stands beside it. Its number of attempts goes on growing. */
export const renewed = (state: 'pending' | 'held'): Statement =>
  sql`delivered_at = COALESCE(delivered_at, ${whenDelivered}), state = ${state},
    schedule_base = attempts, lease_until = NULL, finished_at = NULL`;

export interface Renewal {
  filter: DeliveryFilter & { states: readonly DeliveryState[] };
  /** When the first delivery is due; the others follow. */
  startsAt: Date;
  /** How many were renewed before. */
  count: number;
  after: DeliveryPosition | null;
}

/**
 * Makes the next batch of finished deliveries pending again, oldest first, in one transaction. Left alone are those that
 * somebody is sending, and those whose event was erased.
 * @returns the renewal after this batch, and whether there is nothing behind it
 */
export async function renewBatch(database: Database, renewal: Renewal): Promise<Renewal & { done: boolean }> {
  const { filter, startsAt, count, after } = renewal;
  return database.transaction(async (tx) => {
    const [keys] = await tx.read(
      selectDeliveryKeys(filter, { order: 'oldest first', limit: RENEWAL_BATCH, after }),
    );
    const last = keys.at(-1);
    if (!last) return { ...renewal, done: true };
    const [locked] = await tx.read(lockRenewable(keys, filter.states));
    const renewable = new Set(locked.map(({ id }) => toUuid(id)));
    const ids = keys.map(({ id }) => toUuid(id)).filter((id) => renewable.has(id));
    if (ids.length > 0) tx.write(renewSpaced(ids, startsAt.getTime() + count * SPACING_MS));
    return {
      ...renewal,
      count: count + ids.length,
      after: { createdAt: toTime(last.created_at), key: toUuid(last.id) },
      done: keys.length < RENEWAL_BATCH,
    };
  });
}

/** With their events, so that none is being erased: see `erase-user.ts`. In the order of ids, as everybody who locks several. */
const lockRenewable = (keys: readonly Row[], states: readonly DeliveryState[]): Statement =>
  sql`SELECT d.id FROM deliveries d JOIN events e ON e.id = d.event_id
    WHERE d.id IN (${commaSeparated(keys.map(({ id }) => new Uuid(toUuid(id))))})
    AND d.state IN (${commaSeparated(states)}) AND ${hasContent}
    AND (d.lease_until IS NULL OR d.lease_until <= ${currentTime}) ORDER BY d.id FOR UPDATE`;

/** @param startsAtMs since 1970; the first of `ids` is due then */
function renewSpaced(ids: readonly string[], startsAtMs: number): Statement {
  const times = ids.map(
    (id, index) => sql`WHEN ${new Uuid(id)} THEN ${new Date(startsAtMs + index * SPACING_MS)}`,
  );
  return sql`UPDATE deliveries SET ${renewed('pending')}, enqueued_at = NULL, next_attempt_at = CASE id ${inSequence(times)} END
    WHERE id IN (${commaSeparated(ids.map((id) => new Uuid(id)))})`;
}
