import type { Logger } from 'pino';
import type { Database } from '../database/database';
import { toText, toUuid } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { eachInTurn, type Polling, startPolling } from '../database/polling';
import { announcing, commaSeparated, currentTime, fromNow, sql, type Statement } from '../database/sql';
import { Uuid } from '../database/uuid';
import { END_BATCH, endLocked, lockWaiting } from '../events/end-deliveries';
import { owedState } from './security-event-channel';

const INTERVAL_MS = 1_000;

/** Whose change is older is looked at seldom, where nothing is left to be moved. */
const RECENTLY_MS = 3_600_000;

/** Rounds between two looks at all streams. */
const SELDOM = 60;

/**
 * Moves what streams are owed to where their status and method want it: `pending` is sent, `held` waits, and what a
 * disabled stream was owed is cancelled (SSF 1.0, section 8.1.2.1). In bounded batches, one a second and stream, so that a
 * backlog that is let go does not stand before what happens meanwhile. It also finds what an event wrote that had read
 * the stream before the change. Several workers may do it at once.
 */
export function startSettling(database: Database, log: Logger): Polling {
  let rounds = 0;
  let isMore = true;
  return startPolling({
    intervalMs: INTERVAL_MS,
    async round() {
      const looksAtAll = isMore || rounds++ % SELDOM === 0;
      // Where it fails something is left.
      isMore = true;
      isMore = await settleRound(database, looksAtAll ? null : RECENTLY_MS);
      return INTERVAL_MS;
    },
    log,
    onFailure: 'what security event streams are owed could not be moved',
  });
}

/**
 * A batch for each stream that was changed lately.
 * @param changedSinceMs how long ago at most; null for all streams
 * @returns whether there may be more of any
 * @throws what failed first, once all were looked at
 */
export async function settleRound(database: Database, changedSinceMs: number | null): Promise<boolean> {
  const lately = changedSinceMs === null ? sql`TRUE` : sql`status_changed_at > ${fromNow(-changedSinceMs)}`;
  const { rows } = await database.query(
    sql`SELECT id FROM security_event_streams WHERE ${lately} ORDER BY id`,
  );
  let isMore = false;
  await eachInTurn(rows, async ({ id }) => {
    const moved = await settleStream(database, toUuid(id));
    isMore ||= moved >= END_BATCH;
  });
  return isMore;
}

/**
 * The stream's row is held meanwhile, so that nothing is moved by what it was a moment ago.
 * @returns the size of the largest batch
 */
const settleStream = (database: Database, id: string): Promise<number> =>
  database.transaction(async (tx) => {
    const [[stream]] = await tx.read(
      sql`SELECT method, status FROM security_event_streams WHERE id = ${new Uuid(id)} FOR UPDATE`,
    );
    if (!stream) return 0;
    const status = toText(stream.status);
    const right = status === 'disabled' ? null : owedState({ method: toText(stream.method), status });
    const [lastWords] = await tx.read(lockLastWords(id));
    // Who goes on knows better.
    if (status === 'enabled') tx.write(endLocked(lastWords, 'cancelled'));
    let largest = 0;
    const spared = new Set(lastWords.map((row) => toUuid(row.id)));
    for (const wrong of (['pending', 'held'] as const).filter((state) => state !== right)) {
      const [found] = await tx.read(lockWaiting('security_event', id, wrong));
      largest = Math.max(largest, found.length);
      const waiting = found.filter((row) => !spared.has(toUuid(row.id)));
      tx.write(right === null ? endLocked(waiting, 'cancelled') : moveLocked(waiting, right));
    }
    return largest;
  });

/** What says that the stream was paused or disabled: it is told all the same (SSF 1.0, section 8.1.5). */
const lockLastWords = (target: string): Statement =>
  sql`SELECT id FROM deliveries WHERE target = ${target} AND state IN ('pending', 'held')
    AND event_type = 'stream.updated' AND (lease_until IS NULL OR lease_until <= ${currentTime}) FOR UPDATE`;

const moveLocked = (rows: readonly Row[], state: 'pending' | 'held'): Statement[] => {
  if (rows.length === 0) return [];
  const ids = commaSeparated(rows.map(({ id }) => new Uuid(toUuid(id))));
  return state === 'held'
    ? [
        announcing(
          'security-events',
          sql`UPDATE deliveries SET state = 'held', lease_until = NULL, enqueued_at = NULL WHERE id IN (${ids})`,
        ),
      ]
    : // Due at once, in the order in which it happened, and with the whole schedule before it.
      [
        sql`UPDATE deliveries SET state = 'pending', next_attempt_at = created_at, schedule_base = attempts,
          lease_until = NULL, enqueued_at = NULL WHERE id IN (${ids})`,
      ];
};
