import { toText, toTime } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { currentTime, sql, type Statement } from '../database/sql';
import { NO_KEY } from './key-chain';
import { KEPT_MS } from './signing-keys';

/** The oldest key by which others verify (`isPublished`), and whether it followed upon another. */
export const selectOldestPublished: Statement = sql`SELECT signs_from, predecessor FROM signing_keys
  WHERE published_until IS NULL OR published_until > ${currentTime} ORDER BY signs_from LIMIT 1`;

/**
 * Until when keys have signed that are published no more; null where there were none. What was signed until then may verify
 * no longer, and that is not the fault of whoever says so.
 * @param row of `selectOldestPublished`, as the primary has it
 */
export function withdrawnKeysSignedUntil(row: Row | undefined): Date | null {
  if (!row || toText(row.predecessor) === NO_KEY) return null;
  // A process that does not hear of it signs by them for a moment more.
  return new Date(toTime(row.signs_from).getTime() + KEPT_MS);
}
