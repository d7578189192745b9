import type { Database } from '../../database/database';
import { toText, toTime } from '../../database/decode';
import { createGroupedRead } from '../../database/grouped-read';
import { commaSeparated, currentTime, sql } from '../../database/sql';
import { Uuid } from '../../database/uuid';
import { type ApiKey, apiKeyColumns, hashOf, toApiKey } from './api-key';

/** The key that this is; null where nobody has it, or it was revoked. */
export type FindLiveKey = (key: string) => Promise<ApiKey | null>;

/** How old the note of a key's last use may get, so that calls seldom write. */
const LAST_USED_COARSENESS_MS = 10 * 60_000;

/**
 * The primary is asked each time, so that a key is dead everywhere once it is revoked; calls of one moment share a read.
 */
export function createFindLiveKey(database: Database): FindLiveKey {
  const read = createGroupedRead(async (hashes: readonly string[]) => {
    const { rows } = await database.queryPrimary(sql`SELECT ${apiKeyColumns}, key_hash, ${currentTime} AS now
      FROM cometchat_keys WHERE key_hash IN (${commaSeparated(hashes)}) AND revoked_at IS NULL`);
    return new Map(
      rows.map((row) => [toText(row.key_hash), { apiKey: toApiKey(row), now: toTime(row.now) }]),
    );
  });

  return async (key) => {
    const hash = hashOf(key);
    const found = (await read([hash])).get(hash);
    if (!found) return null;
    const { apiKey, now } = found;
    const stale = new Date(now.getTime() - LAST_USED_COARSENESS_MS);
    if (apiKey.lastUsedAt === null || apiKey.lastUsedAt <= stale) {
      await database.query(sql`UPDATE cometchat_keys SET last_used_at = ${now}
        WHERE id = ${new Uuid(apiKey.id)} AND (last_used_at IS NULL OR last_used_at <= ${stale})`);
    }
    return apiKey;
  };
}
