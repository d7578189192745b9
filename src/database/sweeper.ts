import type { Logger } from 'pino';
import { type Polling, startPolling } from './polling';
import type { Database } from './database';
import type { Row } from './engines/engine';
import type { Statement } from './sql';

/** Rows that one transaction removes at most: each is short, and holds up nobody. */
export const SWEEP_BATCH = 500;

const BETWEEN_BATCHES_MS = 100;
const INTERVAL_MS = 600_000;
const DAY_MS = 86_400_000;

/** A retention in milliseconds before now. */
export const daysAgo = (days: number): number => -days * DAY_MS;

/** What a feature removes once it is old enough. Several workers may do it at once. */
export interface Sweep {
  /** What is removed, for the log and the metrics. */
  readonly kind: string;
  batch(database: Database): Promise<SweptBatch>;
}

export interface SweptBatch {
  removed: number;
  /** Whether another batch may find something at once. */
  more: boolean;
}

export interface SweeperOptions {
  database: Database;
  sweeps: readonly Sweep[];
  log: Logger;
  onRemoved: (kind: string, count: number) => void;
}

/** Removes what is old, every ten minutes, in bounded batches with pauses between them. */
export const startSweeper = (options: SweeperOptions): Polling =>
  startPolling({
    intervalMs: INTERVAL_MS,
    round: createRounds(options),
    log: options.log,
    onFailure: 'what is old could not be removed',
  });

/** A round is a batch; the sweeps take their turns. After the last, one line of the log says what went. */
export function createRounds({ database, sweeps, log, onRemoved }: SweeperOptions): () => Promise<number> {
  let turn = 0;
  let removed: Record<string, number> = {};

  return async () => {
    const sweep = sweeps[turn];
    if (!sweep) {
      if (Object.keys(removed).length > 0) log.info({ removed }, 'removed what is old');
      turn = 0;
      removed = {};
      return INTERVAL_MS;
    }
    const { kind } = sweep;
    const swept = await sweep.batch(database).catch((error: unknown): SweptBatch => {
      // The others still get their turn.
      log.warn({ err: error, kind }, 'what is old could not be removed');
      return { removed: 0, more: false };
    });
    if (swept.removed > 0) {
      removed[kind] = (removed[kind] ?? 0) + swept.removed;
      onRemoved(kind, swept.removed);
    }
    if (!swept.more) turn++;
    return BETWEEN_BATCHES_MS;
  };
}

/**
 * Removes what `select` finds and locks, at most `SWEEP_BATCH` rows, in one transaction. `select` skips what somebody
 * else holds: another worker has it, or the next sweep will.
 */
export function removeBatch<Id>(
  database: Database,
  select: Statement,
  readId: (row: Row) => Id,
  remove: (ids: Id[]) => readonly Statement[],
): Promise<SweptBatch> {
  return database.transaction(async (tx) => {
    const [rows] = await tx.read(select);
    if (rows.length > 0) remove(rows.map(readId)).forEach((statement) => tx.write(statement));
    return { removed: rows.length, more: rows.length === SWEEP_BATCH };
  });
}
