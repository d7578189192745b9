import type { Database } from '../database/database';
import { orNull, toInteger, toText, toTime } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { sql, type Statement, unionAll } from '../database/sql';

/** Whom a user has blocked, who has blocked her, or both. */
export type Around = 'blocked' | 'blockers' | 'both';

/** Somebody whom a block stands between a user and. */
export interface AroundItem {
  user: { uid: string; firstName: string | null; lastName: string | null; createdAt: Date; updatedAt: Date };
  /** Since when the user has blocked her; null where she has not. */
  blockedAt: Date | null;
  /** Since when she has blocked the user. */
  blockedByAt: Date | null;
}

/**
 * A page of them by offset, newest block first, each once, with the total. Who is deactivated does not appear.
 * @param which a condition over `u` that they meet besides
 */
export async function listAround(
  database: Database,
  userId: number,
  around: Around,
  { limit, offset, which }: { limit: number; offset: number; which: Statement },
): Promise<{ items: AroundItem[]; total: number }> {
  const others = sql`FROM (${othersOf(userId, around)}) o
    JOIN users u ON u.id = o.other_id AND u.deactivated_at IS NULL WHERE ${which}`;
  const { rows } =
    await database.query(sql`SELECT o.blocked_at, o.blocked_by_at, u.uid, u.first_name, u.last_name,
    u.created_at, u.updated_at ${others} ORDER BY o.position DESC LIMIT ${limit} OFFSET ${offset}`);
  const counted = await database.query(sql`SELECT COUNT(*) AS total ${others}`);
  return { items: rows.map(toItem), total: toInteger(counted.rows[0]?.total) };
}

function othersOf(userId: number, around: Around): Statement {
  const blocked = sql`SELECT e.position, e.blocked_id AS other_id, e.created_at AS blocked_at,
    r.created_at AS blocked_by_at FROM block_list_entries e
    LEFT JOIN block_list_entries r ON r.owner_id = e.blocked_id AND r.blocked_id = ${userId}
    WHERE e.owner_id = ${userId}`;
  const blockers = sql`SELECT e.position, e.owner_id AS other_id, r.created_at AS blocked_at,
    e.created_at AS blocked_by_at FROM block_list_entries e
    LEFT JOIN block_list_entries r ON r.owner_id = ${userId} AND r.blocked_id = e.owner_id
    WHERE e.blocked_id = ${userId}`;
  if (around === 'both') return unionAll([blocked, sql`${blockers} AND r.position IS NULL`]);
  return around === 'blocked' ? blocked : blockers;
}

const toItem = (row: Row): AroundItem => ({
  user: {
    uid: toText(row.uid),
    firstName: orNull(toText, row.first_name),
    lastName: orNull(toText, row.last_name),
    createdAt: toTime(row.created_at),
    updatedAt: toTime(row.updated_at),
  },
  blockedAt: orNull(toTime, row.blocked_at),
  blockedByAt: orNull(toTime, row.blocked_by_at),
});
