import type { Database } from '../../database/database';
import { orNull, toInteger, toText, toTime } from '../../database/decode';
import type { Encryption } from '../../database/encryption';
import { before } from '../../database/keyset';
import { allOf, currentTime, sql } from '../../database/sql';
import { secretPlace, type ZimApp } from './zim-app';

/** Up to `limit` apps, newest first, after `position`; revoked ones too. */
export async function pageZimApps(
  database: Database,
  limit: number,
  position: { createdAt: Date; key: string } | null,
): Promise<ZimApp[]> {
  const conditions = position
    ? [before([sql`created_at`, position.createdAt], [sql`app_id`, Number(position.key)])]
    : [];
  const { rows } = await database.query(
    sql`SELECT app_id, name, created_at, created_by, revoked_at FROM zim_apps WHERE ${allOf(conditions)}
      ORDER BY created_at DESC, app_id DESC LIMIT ${limit}`,
  );
  return rows.map((row) => ({
    appId: toInteger(row.app_id),
    name: toText(row.name),
    createdAt: toTime(row.created_at),
    createdBy: toText(row.created_by),
    revokedAt: orNull(toTime, row.revoked_at),
  }));
}

/** What a signature is held against. */
export interface SigningApp {
  serverSecret: string;
  /** The database's time. */
  now: Date;
}

export type FindSigningApp = (appId: number) => Promise<SigningApp | null>;

/** The secret of an app that has not been revoked. A server that was the primary once may not know that it was. */
export const createFindSigningApp =
  (database: Database, encryption: Encryption): FindSigningApp =>
  async (appId) => {
    const { rows } = await database.queryPrimary(
      sql`SELECT secret, ${currentTime} AS now FROM zim_apps WHERE app_id = ${appId} AND revoked_at IS NULL`,
    );
    const [row] = rows;
    if (!row) return null;
    return {
      serverSecret: encryption.decrypt(toText(row.secret), secretPlace(appId)),
      now: toTime(row.now),
    };
  };
