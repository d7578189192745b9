import type { Database } from '../database/database';
import { orNull, toBoolean, toInteger, toText, toTime } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { commaSeparated, sql } from '../database/sql';

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

/** Of a row `u` of users. */
export const namedColumns = sql`u.id, u.uid, u.first_name, u.last_name, u.protected, u.deactivated_at, u.created_at, u.updated_at`;

/** By uid; deactivated ones, too. One statement, whatever their number. */
export async function findNamedUsers(
  database: Database,
  uids: readonly string[],
): Promise<ReadonlyMap<string, NamedUser>> {
  if (uids.length === 0) return new Map();
  const { rows } = await database.query(
    sql`SELECT ${namedColumns} FROM users u WHERE u.uid IN (${commaSeparated(uids)})`,
  );
  return new Map(rows.map(toNamedUser).map((user) => [user.uid, user]));
}

export const toNamedUser = (row: Row): NamedUser => ({
  id: toInteger(row.id),
  uid: toText(row.uid),
  firstName: orNull(toText, row.first_name),
  lastName: orNull(toText, row.last_name),
  protected: toBoolean(row.protected),
  deactivatedAt: orNull(toTime, row.deactivated_at),
  createdAt: toTime(row.created_at),
  updatedAt: toTime(row.updated_at),
});
