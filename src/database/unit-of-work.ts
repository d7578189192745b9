import { setTimeout as delay } from 'node:timers/promises';
import { DomainError } from '../errors';
import type { ScriptConnection } from './connection';
import type { Engine, Fault } from './engines/engine';
import { busy, faultOf, isAway } from './faults';
import { type Claim, CLAIM_KEY, claimStatements, KeyClaimedError } from './keep';
import { Transaction } from './transaction';
import type { Topic } from '../wakeups/wakeups';

/** How often the whole unit of work is run before the caller is told to come back. */
const MAX_RUNS = 5;
const BACKOFF_MS = 15;

/** Where units of work run. */
export interface Site {
  open: () => Promise<ScriptConnection>;
  engine: Engine;
  /** Told after each commit of what it announces (`announcing`). */
  announce: (topic: Topic) => void;
}

export interface Claiming {
  claims: readonly Claim[];
  /** Whether to wait for another unit of work that has claimed the same. */
  wait: boolean;
}

/** A unique key refused a row; the transaction was rolled back. `key` is the key's name, `PRIMARY` for the primary. */
export class DuplicateKeyError extends Error {
  constructor(
    readonly key: string,
    cause: unknown,
  ) {
    super(`duplicate key ${key}`, { cause });
  }
}

/**
 * Runs `work` in one transaction and commits (I3). A deadlock, lock timeout or serialisation failure reruns all
 * of `work` on a new transaction, a bounded number of times; so `work` must not have effects of its own.
 * @param claiming what is claimed before anything else
 * @throws DuplicateKeyError, KeyClaimedError, what `work` throws (after ROLLBACK), `service.busy` when every run met a
 *   conflict or no connection could be had, `service.outcome_unknown` when the connection was lost during COMMIT: such
 *   a unit is never rerun.
 */
export async function runUnitOfWork<T>(
  site: Site,
  work: (tx: Transaction) => Promise<T>,
  claiming: Claiming = { claims: [], wait: true },
): Promise<T> {
  for (let run = 1; ; run++) {
    const attempt = await runOnce(site, work, claiming, run);
    if ('value' in attempt) return attempt.value;
    if (run === MAX_RUNS) throw busy(attempt.conflict);
    await delay(Math.random() * BACKOFF_MS * 2 ** run);
  }
}

/** How far a run has come. */
type Stage = 'claiming' | 'working' | 'committing';

async function runOnce<T>(
  { open, engine, announce }: Site,
  work: (tx: Transaction) => Promise<T>,
  claiming: Claiming,
  run: number,
): Promise<{ value: T } | { conflict: unknown }> {
  const connection = await open();
  const tx = new Transaction(connection);
  let stage: Stage = 'claiming';
  try {
    await claim(tx, claiming, run);
    stage = 'working';
    const value = await work(tx);
    stage = 'committing';
    await tx.commit();
    tx.topics.forEach(announce);
    return { value };
  } catch (error) {
    const fault = faultOf(error, engine);
    if (isAway(fault)) connection.destroy();
    else await undo(tx, connection);
    if (claiming.claims.length > 0) connection.forgetSettings();
    return afterFault(fault, error, stage);
  } finally {
    await connection.release();
  }
}

/**
 * Claims travel with the first script of the work. Where that met a conflict, nobody knows whether it was over a claim:
 * from then on they go by themselves, and have waited enough.
 */
async function claim(tx: Transaction, { claims, wait }: Claiming, run: number): Promise<void> {
  const statements = claimStatements(claims, wait && run === 1);
  if (run === 1) statements.forEach((statement) => tx.write(statement));
  else if (statements.length > 0) await tx.read(...statements);
}

/** Answers the conflict that another run may get past; throws everything else. */
function afterFault(fault: Fault, error: unknown, stage: Stage): { conflict: unknown } {
  switch (fault.kind) {
    case 'conflict':
      if (stage === 'claiming') throw new KeyClaimedError('running', error);
      return { conflict: error };
    case 'duplicate':
      if (fault.key === CLAIM_KEY) throw new KeyClaimedError('taken', error);
      throw new DuplicateKeyError(fault.key, error);
    case 'connection':
      if (stage === 'committing') throw outcomeUnknown(error);
      return { conflict: error };
    case 'demoted':
      return { conflict: error };
    case 'other':
      throw error;
  }
}

/** A connection that cannot roll back must not go back to the pool with locks held. */
async function undo(tx: Transaction, connection: ScriptConnection): Promise<void> {
  await tx.rollback().catch(() => connection.destroy());
}

const outcomeUnknown = (cause: unknown) =>
  new DomainError(
    'service.outcome_unknown',
    'The connection to the database was lost while the change was being stored, so it may or may not have ' +
      'happened. Repeat it with the same Idempotency-Key, or look first; a block, an unblock or a deletion can be ' +
      'repeated as it is.',
    { cause, retryAfterSeconds: 1 },
  );
