import type { Database } from '../../database/database';
import { sql } from '../../database/sql';
import { Uuid } from '../../database/uuid';
import { type ApiKey, apiKeyColumns, toApiKey } from './api-key';

/** Up to `limit` keys, revoked ones among them, newest first, after `position`. */
export async function pageApiKeys(
  database: Database,
  limit: number,
  position: { createdAt: Date; key: string } | null,
): Promise<ApiKey[]> {
  const after = position
    ? sql`WHERE created_at < ${position.createdAt}
        OR (created_at = ${position.createdAt} AND id < ${new Uuid(position.key)})`
    : sql``;
  const { rows } = await database.query(
    sql`SELECT ${apiKeyColumns} FROM cometchat_keys ${after} ORDER BY created_at DESC, id DESC LIMIT ${limit}`,
  );
  return rows.map(toApiKey);
}
