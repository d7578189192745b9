import type { Database } from '../../database/database';
import { toBoolean, toInteger, toTime, toUuid } from '../../database/decode';
import type { Row } from '../../database/engines/engine';
import { after } from '../../database/keyset';
import { allOf, commaSeparated, currentTime, sql, type Statement } from '../../database/sql';
import type { Transaction } from '../../database/transaction';
import { Uuid } from '../../database/uuid';
import { EVENT_TYPES, type EventType } from '../catalogue';
import type { Waiting } from './lane';

/** Where a walk goes on. */
export interface BacklogPosition {
  createdAt: Date;
  id: string;
}

export interface BacklogPage {
  waiting: Waiting[];
  /** Null where nothing comes after it. */
  position: BacklogPosition | null;
}

/** Rows that one page looks at, of each type of event. */
const WINDOW = 200;

/**
 * Fetches up to `limit` deliveries to one target that were parked, oldest first. Each page walks a bounded piece of the
 * index on target, state, event type and time, a type at a time, so that its cost does not grow with the backlog or with
 * what waits there for its next attempt. Rows that the version before wrote have no type: they are not found here and come
 * when they go stale.
 */
export function fetchBacklog(
  database: Database,
  target: string,
  position: BacklogPosition | null,
  limit: number,
): Promise<BacklogPage> {
  return database.transaction(async (tx) => {
    const windows = await tx.read(...EVENT_TYPES.map((type) => selectWindow(target, type, position)));
    const rows = windows.flat().sort(byAge);
    // Beyond the end of a window that is full there may be rows of its type that were not read.
    const covered = Math.min(...windows.map((window) => lastCovered(window, rows)));
    const parked = rows.slice(0, covered).filter(({ parked }) => toBoolean(parked));
    const chosen = parked.slice(0, limit);
    const last = chosen.length < parked.length ? chosen.at(-1) : rows[covered - 1];
    const isEnd = chosen.length === parked.length && windows.every((window) => window.length < WINDOW);

    const taken = await take(tx, chosen);
    return {
      waiting: chosen.filter(({ id }) => taken.includes(toUuid(id))).map((row) => toWaiting(row, target)),
      position: last && !isEnd ? { createdAt: toTime(last.created_at), id: toUuid(last.id) } : null,
    };
  });
}

const selectWindow = (target: string, type: EventType, position: BacklogPosition | null): Statement => {
  const conditions = [
    sql`target = ${target}`,
    sql`state = 'pending'`,
    sql`event_type = ${type}`,
    ...(position ? [after([sql`created_at`, position.createdAt], [sql`id`, new Uuid(position.id)])] : []),
  ];
  return sql`SELECT id, attempts, created_at, enqueued_at, CASE WHEN enqueued_at > ${currentTime}
      AND next_attempt_at <= ${currentTime} THEN 1 ELSE 0 END AS parked FROM deliveries
    WHERE ${allOf(conditions)}
    ORDER BY created_at, id LIMIT ${WINDOW}`;
};

/**
 * Answers the ids of those that are ours; what another process takes at the same moment is left to it. Whether it has is
 * told by the mark that was seen before, not by the time: a statement's own is that of its beginning, which the other's mark
 * may be ahead of, as what is parked is.
 */
async function take(tx: Transaction, rows: readonly Row[]): Promise<string[]> {
  if (rows.length === 0) return [];
  const seen = new Map(rows.map((row) => [toUuid(row.id), enqueuedAt(row)]));
  const among = commaSeparated([...seen.keys()].map((id) => new Uuid(id)));
  const [free] = await tx.read(
    sql`SELECT id, enqueued_at FROM deliveries WHERE id IN (${among}) AND state = 'pending'
      AND enqueued_at > ${currentTime} FOR UPDATE SKIP LOCKED`,
  );
  const own = free.filter((row) => seen.get(toUuid(row.id)) === enqueuedAt(row)).map(({ id }) => toUuid(id));
  if (own.length > 0) tx.write(markEnqueued(own));
  return own;
}

const enqueuedAt = (row: Row): number => toTime(row.enqueued_at).getTime();

const markEnqueued = (ids: readonly string[]): Statement =>
  sql`UPDATE deliveries SET enqueued_at = ${currentTime} WHERE id IN (${commaSeparated(ids.map((id) => new Uuid(id)))})`;

const byAge = (a: Row, b: Row): number =>
  toTime(a.created_at).getTime() - toTime(b.created_at).getTime() || (toUuid(a.id) < toUuid(b.id) ? -1 : 1);

const lastCovered = (window: readonly Row[], rows: readonly Row[]): number => {
  const end = window.length < WINDOW ? undefined : window.at(-1);
  return end === undefined ? rows.length : rows.indexOf(end) + 1;
};

const toWaiting = (row: Row, target: string): Waiting => ({
  deliveryId: toUuid(row.id),
  attempt: toInteger(row.attempts) + 1,
  target,
  refusals: 0,
});
