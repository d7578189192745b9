import type { Logger } from 'pino';
import type { Database } from '../database/database';
import { toUuid } from '../database/decode';
import { type Polling, startPolling } from '../database/polling';
import { fromNow, sql, type Statement } from '../database/sql';
import { Uuid } from '../database/uuid';
import { END_BATCH, endLocked, lockWaiting } from '../events/end-deliveries';

const INTERVAL_MS = 1_000;

/** Whose disabling is older is not looked at any more, so that those who are disabled for months cost nothing. */
const RECENTLY_MS = 3_600_000;

/**
 * Makes `skipped` what still waits for endpoints that were disabled, whoever disabled them, in bounded batches. It does
 * not have to hurry: an attempt that comes first finds the endpoint disabled and skips its delivery by itself. Several
 * workers may do it at once, and what one leaves behind when it dies the next round finds.
 */
export const startSkipping = (database: Database, log: Logger): Polling =>
  startPolling({
    intervalMs: INTERVAL_MS,
    round: () => skipRound(database),
    log,
    onFailure: 'deliveries to disabled endpoints could not be skipped',
  });

/**
 * A batch for each endpoint that was disabled lately.
 * @returns in how many milliseconds to look again
 */
export async function skipRound(database: Database): Promise<number> {
  const { rows } = await database.query(sql`SELECT id FROM webhook_endpoints
    WHERE enabled = FALSE AND disabled_at > ${fromNow(-RECENTLY_MS)} ORDER BY id`);
  let waitMs = INTERVAL_MS;
  for (const { id } of rows) if ((await skipBatch(database, toUuid(id))) === END_BATCH) waitMs = 0;
  return waitMs;
}

/** The endpoint's row is held meanwhile, so that nothing is skipped of one that was enabled again. */
const skipBatch = (database: Database, id: string): Promise<number> =>
  database.transaction(async (tx) => {
    const [disabled, waiting] = await tx.read(lockDisabled(id), lockWaiting('webhook', id, 'pending'));
    if (disabled.length === 0) return 0;
    tx.write(endLocked(waiting, 'skipped'));
    return waiting.length;
  });

const lockDisabled = (id: string): Statement =>
  sql`SELECT id FROM webhook_endpoints WHERE id = ${new Uuid(id)} AND enabled = FALSE FOR UPDATE`;
