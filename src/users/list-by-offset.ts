import type { Database } from '../database/database';
import { orNull, toInteger, toText, toTime } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { allOf, currentTime, sql, type Statement } from '../database/sql';
import { totalAtEnd } from '../http/pagination';
import { filterConditions, type UserFilter } from './find-users';
import { toLockedUser } from './user-lock';
import { statusOf, type UserStatus } from './user-status';

/** A user as Guardhouse lists her. */
export interface ListedUser {
  id: number;
  email: string | null;
  firstName: string | null;
  lastName: string | null;
  status: UserStatus;
  lastSignIn: Date | null;
}

/** Here the e-mail may be any part of an address. */
export type ListByOffset = (
  filter: UserFilter,
  limit: number,
  offset: number,
) => Promise<{ total: number; users: ListedUser[] }>;

/**
 * Guardhouse's list: newest first, with the total.
 * @param lastSignIn a scalar subquery over `u.id`, of what users do not know
 */
export function createListByOffset(database: Database, lastSignIn: Statement): ListByOffset {
  return async ({ email, ...filter }, limit, offset) => {
    const matching = allOf([
      ...filterConditions(filter),
      // Standard SQL on both engines, and unlike LIKE it gives no character a meaning.
      ...(email === undefined ? [] : [sql`POSITION(${email.toLowerCase()} IN u.email_key) > 0`]),
    ]);
    // The index alone passes over the offset; only the users of the page are read.
    const page = sql`SELECT u.id AS page_id FROM users u WHERE ${matching}
      ORDER BY u.created_at DESC, u.id DESC LIMIT ${limit} OFFSET ${offset}`;
    const { rows } =
      await database.query(sql`SELECT u.*, ${currentTime} AS now, (${lastSignIn}) AS last_sign_in
      FROM (${page}) page JOIN users u ON u.id = page.page_id ORDER BY u.created_at DESC, u.id DESC`);
    const users = rows.map(toListedUser);
    return { total: totalAtEnd({ limit, offset }, users.length) ?? (await count(matching)), users };
  };

  async function count(matching: Statement): Promise<number> {
    const { rows } = await database.query(sql`SELECT COUNT(*) AS total FROM users u WHERE ${matching}`);
    return toInteger(rows[0]?.total);
  }
}

const toListedUser = (row: Row): ListedUser => {
  const user = toLockedUser(row);
  return {
    id: user.id,
    email: user.email,
    firstName: orNull(toText, row.first_name),
    lastName: orNull(toText, row.last_name),
    status: statusOf(user, toTime(row.now)),
    lastSignIn: orNull(toTime, row.last_sign_in),
  };
};
