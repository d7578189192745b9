import type { Database } from '../database/database';
import { orNull, toBoolean, toInteger, toText, toTime } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { currentTime, sql, type Statement } from '../database/sql';
import { totalAtEnd } from '../http/pagination';
import { statusOf, type UserStatus } from '../users/user-status';
import { userNotFound } from '../users/users.errors';
import { createCheckBlocks, type CheckBlocks } from './check-blocks';

/** One user of a list. */
export interface BlockListItem extends BlockListPosition {
  user: {
    id: number;
    uid: string;
    firstName: string | null;
    lastName: string | null;
    /** An address is nobody's business here (I7). */
    email?: never;
    createdAt: Date;
    /** Never `deactivated`. */
    status: UserStatus;
  };
  blockedAt: Date;
}

/** Where a page of a list, newest first, goes on. */
export interface BlockListPosition {
  position: number;
}

/** `total` counts all that the list shows, not the page alone. */
export interface BlockListPage {
  items: BlockListItem[];
  total: number;
}

/**
 * Deactivated users do not appear until they are reactivated, and have no list as long. The lists throw `user.not_found`
 * where theirs is a user who does not exist or is deactivated.
 */
export interface BlockLists {
  /** Newest first, after `position`. */
  page(ownerId: number, limit: number, position: BlockListPosition | null): Promise<BlockListPage>;
  /** The same by offset. */
  slice(ownerId: number, offset: number, limit: number): Promise<BlockListPage>;
  /** Who has blocked this user, newest first. */
  blockersOf(userId: number, offset: number, limit: number): Promise<BlockListPage>;
  /** The entry of one user; null where there is none to be shown. */
  entry(ownerId: number, blockedId: number): Promise<BlockListItem | null>;
  check: CheckBlocks;
}

/** Whose list it is, and who stands on it; names of columns. */
interface Direction {
  of: Statement;
  shown: Statement;
}

const BLOCKED: Direction = { of: sql`e.owner_id`, shown: sql`e.blocked_id` };
const BLOCKERS: Direction = { of: sql`e.blocked_id`, shown: sql`e.owner_id` };

/** Those of one user's list who are shown; over the aliases `e`, `o` (whose list it is) and `u`. */
const entriesOf = ({ of, shown }: Direction, userId: number): Statement => sql`FROM block_list_entries e
  JOIN users o ON o.id = ${of} AND o.deactivated_at IS NULL JOIN users u ON u.id = ${shown}
  AND u.deactivated_at IS NULL WHERE ${of} = ${userId}`;

const select = sql`SELECT e.position, e.created_at AS blocked_at, u.id, u.uid, u.first_name, u.last_name, u.suspended,
  u.suspended_until, u.deactivated_at, u.created_at, ${currentTime} AS now`;

export function createBlockLists(database: Database): BlockLists {
  const list = async (
    direction: Direction,
    userId: number,
    limit: number,
    { offset = 0, after = null }: { offset?: number; after?: BlockListPosition | null },
  ): Promise<BlockListPage> => {
    const entries = entriesOf(direction, userId);
    const { rows } = await database.query(sql`${select} ${entries}
      ${after ? sql`AND e.position < ${after.position}` : sql``}
      ORDER BY e.position DESC LIMIT ${limit} OFFSET ${offset}`);
    const items = rows.map(toItem);
    if (items.length === 0) await assertHasList(userId);
    const total = after ? null : totalAtEnd({ limit, offset }, items.length);
    return { items, total: total ?? (await count(entries)) };
  };

  const count = async (entries: Statement): Promise<number> => {
    const { rows } = await database.query(sql`SELECT COUNT(*) AS total ${entries}`);
    return toInteger(rows[0]?.total);
  };

  const assertHasList = async (userId: number): Promise<void> => {
    const { rows } = await database.query(
      sql`SELECT id FROM users WHERE id = ${userId} AND deactivated_at IS NULL`,
    );
    if (rows.length === 0) throw userNotFound();
  };

  return {
    page: (ownerId, limit, position) => list(BLOCKED, ownerId, limit, { after: position }),
    slice: (ownerId, offset, limit) => list(BLOCKED, ownerId, limit, { offset }),
    blockersOf: (userId, offset, limit) => list(BLOCKERS, userId, limit, { offset }),

    async entry(ownerId, blockedId) {
      const { rows } = await database.query(
        sql`${select} ${entriesOf(BLOCKED, ownerId)} AND e.blocked_id = ${blockedId}`,
      );
      if (!rows[0]) await assertHasList(ownerId);
      return rows[0] ? toItem(rows[0]) : null;
    },

    check: createCheckBlocks(database),
  };
}

const toItem = (row: Row): BlockListItem => ({
  position: toInteger(row.position),
  blockedAt: toTime(row.blocked_at),
  user: {
    id: toInteger(row.id),
    uid: toText(row.uid),
    firstName: orNull(toText, row.first_name),
    lastName: orNull(toText, row.last_name),
    createdAt: toTime(row.created_at),
    status: statusOf(
      {
        suspended: toBoolean(row.suspended),
        suspendedUntil: orNull(toTime, row.suspended_until),
        deactivatedAt: orNull(toTime, row.deactivated_at),
      },
      toTime(row.now),
    ),
  },
});
