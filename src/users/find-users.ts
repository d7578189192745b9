import type { Database } from '../database/database';
import { orNull, toInteger, toText, toTime } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { before } from '../database/keyset';
import { allOf, currentTime, sql, type Statement } from '../database/sql';
import type { Transaction } from '../database/transaction';
import { toLockedUser } from './user-lock';
import { hasStatus, statusOf, type UserStatus } from './user-status';

/**
 * What another feature shows beside a user. It is read in the same statement, so that both tell of one moment.
 */
export interface Companion<T> {
  /** `..., name AS alias` over the join's alias. */
  columns: Statement;
  /** `LEFT JOIN ... ON ... = u.id`, at most one row a user. */
  join: Statement;
  read(row: Row): T | null;
}

/** A user as she is shown: the derived status, and the open suspension beside it. */
export interface UserOverview<T> {
  id: number;
  uid: string;
  email: string | null;
  firstName: string | null;
  lastName: string | null;
  locale: string | null;
  status: UserStatus;
  protected: boolean;
  accessEpoch: number;
  version: number;
  createdAt: Date;
  updatedAt: Date;
  companion: T | null;
}

export interface UserFilter {
  status?: UserStatus;
  /** Compared without case. */
  email?: string;
  uid?: string;
}

/** Where a page of a list, newest first, goes on. */
export interface UserPosition {
  createdAt: Date;
  id: number;
}

export interface FindUsers<T> {
  one(id: number): Promise<UserOverview<T> | null>;
  /** To be read together with other statements; `overview` reads its row. */
  selectByUid(uid: string): Statement;
  overview(row: Row): UserOverview<T>;
  /** The user as the transaction leaves her. */
  oneWithin(tx: Transaction, id: number): Promise<UserOverview<T> | null>;
  /** Up to `limit` users, newest first, after `position`. */
  page(filter: UserFilter, limit: number, position: UserPosition | null): Promise<UserOverview<T>[]>;
}

export function createFindUsers<T>(database: Database, companion: Companion<T>): FindUsers<T> {
  const select = sql`SELECT u.*, ${currentTime} AS now, ${companion.columns} FROM users u ${companion.join}`;
  const overview = (row: Row): UserOverview<T> => {
    const user = toLockedUser(row);
    return {
      id: user.id,
      uid: user.uid,
      email: user.email,
      firstName: orNull(toText, row.first_name),
      lastName: orNull(toText, row.last_name),
      locale: orNull(toText, row.locale),
      status: statusOf(user, toTime(row.now)),
      protected: user.protected,
      accessEpoch: toInteger(row.access_epoch),
      version: user.version,
      createdAt: toTime(row.created_at),
      updatedAt: toTime(row.updated_at),
      companion: companion.read(row),
    };
  };

  return {
    async one(id) {
      const { rows } = await database.query(sql`${select} WHERE u.id = ${id}`);
      return rows[0] ? overview(rows[0]) : null;
    },

    selectByUid: (uid) => sql`${select} WHERE u.uid = ${uid}`,
    overview,
    async oneWithin(tx, id) {
      const [rows] = await tx.read(sql`${select} WHERE u.id = ${id}`);
      return rows[0] ? overview(rows[0]) : null;
    },

    async page(filter, limit, position) {
      const conditions = [...filterConditions(filter), ...(position ? [beyond(position)] : [])];
      const { rows } = await database.query(
        sql`${select} WHERE ${allOf(conditions)} ORDER BY u.created_at DESC, u.id DESC LIMIT ${limit}`,
      );
      return rows.map(overview);
    },
  };
}

/** Over the alias `u`. */
export const filterConditions = ({ status, email, uid }: UserFilter): Statement[] => [
  ...(status === undefined ? [] : [hasStatus(status)]),
  ...(email === undefined ? [] : [sql`u.email_key = ${email.toLowerCase()}`]),
  ...(uid === undefined ? [] : [sql`u.uid = ${uid}`]),
];

const beyond = ({ createdAt, id }: UserPosition): Statement =>
  before([sql`u.created_at`, createdAt], [sql`u.id`, id]);

/** Whether there is such a user. */
export async function userExists(database: Database, id: number): Promise<boolean> {
  const { rows } = await database.query(sql`SELECT id FROM users WHERE id = ${id}`);
  return rows.length > 0;
}
