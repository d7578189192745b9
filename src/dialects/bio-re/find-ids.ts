import type { Database } from '../../database/database';
import { toInteger, toText } from '../../database/decode';
import { commaSeparated, sql } from '../../database/sql';

/** The caller, and the user whom the path names; null where there is none. */
export interface FoundIds {
  ownerId: number | null;
  otherId: number | null;
}

/**
 * Finds users by their uids. bio.re's UUIDs are the same in either case, and our uids are not: the one that is written as
 * in the path goes before the one in lower case.
 */
export async function findIds(database: Database, ownerUid: string, otherUid = ownerUid): Promise<FoundIds> {
  const lower = otherUid.toLowerCase();
  const uids = [...new Set([ownerUid, otherUid, lower])];
  const { rows } = await database.query(
    sql`SELECT id, uid FROM users WHERE uid IN (${commaSeparated(uids)})`,
  );
  const ids = new Map(rows.map((row) => [toText(row.uid), toInteger(row.id)]));
  return { ownerId: ids.get(ownerUid) ?? null, otherId: ids.get(otherUid) ?? ids.get(lower) ?? null };
}
