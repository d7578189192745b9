import { toUuid } from '../database/decode';
import { commaSeparated, fromNow, sql, type Statement } from '../database/sql';
import { daysAgo, removeBatch, SWEEP_BATCH, type Sweep } from '../database/sweeper';
import { Uuid } from '../database/uuid';

/** Deliveries that came to their end so many days ago, with their attempts; a pending one never (I4). */
export const deliverySweep = (days: number): Sweep => ({
  kind: 'deliveries',
  batch: (database) =>
    removeBatch(
      database,
      sql`SELECT id FROM deliveries WHERE finished_at < ${fromNow(daysAgo(days))} AND state <> 'pending'
        ORDER BY finished_at LIMIT ${SWEEP_BATCH} FOR UPDATE SKIP LOCKED`,
      ({ id }) => toUuid(id),
      (ids) => [
        sql`DELETE FROM delivery_attempts WHERE delivery_id IN (${uuids(ids)})`,
        sql`DELETE FROM deliveries WHERE id IN (${uuids(ids)})`,
      ],
    ),
});

/**
 * Events of so many days ago that no delivery refers to any more. They are kept as long as deliveries are at least:
 * so hardly one is looked at in vain.
 */
export const eventSweep = (days: number): Sweep => ({
  kind: 'events',
  batch: (database) =>
    removeBatch(
      database,
      sql`SELECT e.id FROM events e WHERE e.occurred_at < ${fromNow(daysAgo(days))}
        AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event_id = e.id)
        ORDER BY e.occurred_at, e.id LIMIT ${SWEEP_BATCH} FOR UPDATE SKIP LOCKED`,
      ({ id }) => toUuid(id),
      (ids) => [sql`DELETE FROM events WHERE id IN (${uuids(ids)})`],
    ),
});

const uuids = (ids: readonly string[]): Statement => commaSeparated(ids.map((id) => new Uuid(id)));
