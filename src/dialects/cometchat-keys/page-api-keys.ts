import type { Database } from '../../database/database';
import { before } from '../../database/keyset';
import { allOf, sql } from '../../database/sql';
import { Uuid } from '../../database/uuid';
import { type ApiKey, apiKeyColumns, toApiKey } from './api-key';

/** Up to `limit` keys, revoked ones among them, newest first, after `position`. */
export async function pageApiKeys(
  database: Database,
  limit: number,
  position: { createdAt: Date; key: string } | null,
): Promise<ApiKey[]> {
  const conditions = position
    ? [before([sql`created_at`, position.createdAt], [sql`id`, new Uuid(position.key)])]
    : [];
  const { rows } = await database.query(
    sql`SELECT ${apiKeyColumns} FROM cometchat_keys WHERE ${allOf(conditions)} ORDER BY created_at DESC, id DESC LIMIT ${limit}`,
  );
  return rows.map(toApiKey);
}
