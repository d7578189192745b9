import { toBoolean, toTime, toUuid } from '../database/decode';
import { after } from '../database/keyset';
import { allOf, commaSeparated, fromNow, sql, type Statement } from '../database/sql';
import { daysAgo, removeBatch, SWEEP_BATCH, type Sweep } from '../database/sweeper';
import { Uuid } from '../database/uuid';

/** Deliveries that came to their end so many days ago, with their attempts; a pending one never (I4). */
export const deliverySweep = (days: number): Sweep => ({
  kind: 'deliveries',
  batch: (database) =>
    removeBatch(
      database,
      sql`SELECT id FROM deliveries WHERE finished_at < ${fromNow(daysAgo(days))} AND state NOT IN ('pending', 'held')
        ORDER BY finished_at LIMIT ${SWEEP_BATCH} FOR UPDATE SKIP LOCKED`,
      ({ id }) => toUuid(id),
      (ids) => [
        sql`DELETE FROM delivery_attempts WHERE delivery_id IN (${uuids(ids)})`,
        sql`DELETE FROM deliveries WHERE id IN (${uuids(ids)})`,
      ],
    ),
});

/**
 * Events of so many days ago that no delivery refers to any more. Walks along them a window at a time, because a
 * statement that looks for them alone may read all deliveries; each sweep begins at the oldest again. Events are kept
 * as long as deliveries are at least, so that hardly one is looked at in vain.
 */
export function eventSweep(days: number): Sweep {
  let last: { occurredAt: Date; id: Uuid } | null = null;
  return {
    kind: 'events',
    async batch(database) {
      const conditions = [
        sql`occurred_at < ${fromNow(daysAgo(days))}`,
        ...(last ? [after([sql`occurred_at`, last.occurredAt], [sql`id`, last.id])] : []),
      ];
      const { rows } = await database.query(sql`SELECT e.id, e.occurred_at,
        EXISTS (SELECT 1 FROM deliveries d WHERE d.event_id = e.id) AS referred_to
        FROM (SELECT id, occurred_at FROM events WHERE ${allOf(conditions)}
          ORDER BY occurred_at, id LIMIT ${SWEEP_BATCH}) e ORDER BY e.occurred_at, e.id`);
      const end = rows.length === SWEEP_BATCH ? rows.at(-1) : undefined;
      last = end ? { occurredAt: toTime(end.occurred_at), id: new Uuid(toUuid(end.id)) } : null;
      const ids = rows.filter((row) => !toBoolean(row.referred_to)).map(({ id }) => toUuid(id));
      // No delivery is made of an event but together with it: what nothing refers to stays so.
      const removed =
        ids.length === 0
          ? 0
          : (await database.query(sql`DELETE FROM events WHERE id IN (${uuids(ids)})`)).affected;
      return { removed, more: last !== null };
    },
  };
}

const uuids = (ids: readonly string[]): Statement => commaSeparated(ids.map((id) => new Uuid(id)));
