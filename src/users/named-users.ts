import type { Database } from '../database/database';
import { orNull, toBoolean, toInteger, toText, toTime } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { allOf, commaSeparated, sql, type Statement } from '../database/sql';
import { totalAtEnd } from '../http/pagination';

/** A user as those know her who know her uid. */
export interface NamedUser {
  id: number;
  uid: string;
  firstName: string | null;
  lastName: string | null;
  protected: boolean;
  deactivatedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

export interface NamedUserFilter {
  deactivated: 'without' | 'with' | 'only';
  /** Any part of the uid, the name or the address, without case; no character means another. */
  search?: string;
  /** A condition over `u` that they meet besides. */
  which: Statement;
}

const columns = sql`u.id, u.uid, u.first_name, u.last_name, u.protected, u.deactivated_at, u.created_at, u.updated_at`;

/** By uid; deactivated ones, too. One statement, whatever their number. */
export async function findNamedUsers(
  database: Database,
  uids: readonly string[],
): Promise<ReadonlyMap<string, NamedUser>> {
  if (uids.length === 0) return new Map();
  const { rows } = await database.query(
    sql`SELECT ${columns} FROM users u WHERE u.uid IN (${commaSeparated(uids)})`,
  );
  return new Map(rows.map(toNamedUser).map((user) => [user.uid, user]));
}

export interface NamedUsersAsked {
  limit: number;
  offset: number;
  /** How many users of those that follow the page are counted at most. */
  countAhead: number;
}

/**
 * A page of all of them, newest first, with the total. That leaves out who comes later than is counted, so that it costs
 * no more in a larger table; it goes past each page that another one follows.
 */
export async function listNamedUsers(
  database: Database,
  filter: NamedUserFilter,
  { limit, offset, countAhead }: NamedUsersAsked,
): Promise<{ users: NamedUser[]; total: number }> {
  const matching = allOf(conditionsOf(filter));
  // The index alone passes over the offset; only the users of the page are read.
  const page = sql`SELECT u.id AS page_id FROM users u WHERE ${matching}
    ORDER BY u.created_at DESC, u.id DESC LIMIT ${limit} OFFSET ${offset}`;
  const { rows } = await database.query(sql`SELECT ${columns} FROM (${page}) page
    JOIN users u ON u.id = page.page_id ORDER BY u.created_at DESC, u.id DESC`);
  const users = rows.map(toNamedUser);
  const total = totalAtEnd({ limit, offset }, users.length);
  return { users, total: total ?? (await countUpTo(database, matching, offset + limit + countAhead)) };
}

async function countUpTo(database: Database, matching: Statement, most: number): Promise<number> {
  const { rows } = await database.query(sql`SELECT COUNT(*) AS total
    FROM (SELECT u.id FROM users u WHERE ${matching} LIMIT ${most}) counted`);
  return toInteger(rows[0]?.total);
}

function conditionsOf({ deactivated, search, which }: NamedUserFilter): Statement[] {
  const inAnyOf = (text: string) => sql`(POSITION(${text} IN LOWER(u.uid)) > 0
    OR POSITION(${text} IN LOWER(CONCAT(COALESCE(u.first_name, ''), ' ', COALESCE(u.last_name, '')))) > 0
    OR POSITION(${text} IN COALESCE(u.email_key, '')) > 0)`;
  return [
    which,
    ...(deactivated === 'without' ? [sql`u.deactivated_at IS NULL`] : []),
    ...(deactivated === 'only' ? [sql`u.deactivated_at IS NOT NULL`] : []),
    ...(search === undefined ? [] : [inAnyOf(search.toLowerCase())]),
  ];
}

const toNamedUser = (row: Row): NamedUser => ({
  id: toInteger(row.id),
  uid: toText(row.uid),
  firstName: orNull(toText, row.first_name),
  lastName: orNull(toText, row.last_name),
  protected: toBoolean(row.protected),
  deactivatedAt: orNull(toTime, row.deactivated_at),
  createdAt: toTime(row.created_at),
  updatedAt: toTime(row.updated_at),
});
