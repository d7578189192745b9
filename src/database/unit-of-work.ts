import { setTimeout as delay } from 'node:timers/promises';
import { DomainError } from '../errors';
import type { ScriptConnection } from './connection';
import type { Engine, Fault } from './engines/engine';
import { busy, faultOf } from './faults';
import { Transaction } from './transaction';

/** How often the whole unit of work is run before the caller is told to come back. */
const MAX_RUNS = 5;
const BACKOFF_MS = 15;

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
 * @throws DuplicateKeyError, what `work` throws (after ROLLBACK), `service.busy` when every run met a conflict or
 *   no connection could be had, `service.outcome_unknown` when the connection was lost during COMMIT: such a unit
 *   is never rerun.
 */
export async function runUnitOfWork<T>(
  open: () => Promise<ScriptConnection>,
  engine: Engine,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  for (let run = 1; ; run++) {
    const attempt = await runOnce(open, engine, work);
    if ('value' in attempt) return attempt.value;
    if (run === MAX_RUNS) throw busy(attempt.conflict);
    await delay(Math.random() * BACKOFF_MS * 2 ** run);
  }
}

async function runOnce<T>(
  open: () => Promise<ScriptConnection>,
  engine: Engine,
  work: (tx: Transaction) => Promise<T>,
): Promise<{ value: T } | { conflict: unknown }> {
  const connection = await open();
  const tx = new Transaction(connection);
  let committing = false;
  try {
    const value = await work(tx);
    committing = true;
    await tx.commit();
    return { value };
  } catch (error) {
    const fault = faultOf(error, engine);
    if (fault.kind === 'connection') connection.destroy();
    else await undo(tx, connection);
    return afterFault(fault, error, committing);
  } finally {
    await connection.release();
  }
}

/** Answers the conflict that another run may get past; throws everything else. */
function afterFault(fault: Fault, error: unknown, committing: boolean): { conflict: unknown } {
  switch (fault.kind) {
    case 'conflict':
      return { conflict: error };
    case 'duplicate':
      throw new DuplicateKeyError(fault.key, error);
    case 'connection':
      if (committing) throw outcomeUnknown(error);
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
      'happened. Look before you repeat it; repeating a block, an unblock or a deletion is safe.',
    { cause, retryAfterSeconds: 1 },
  );
