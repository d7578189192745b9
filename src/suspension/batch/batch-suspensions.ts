import type { Actor } from '../../audit/audit';
import type { Database } from '../../database/database';
import type { Keep } from '../../database/keep';
import { DomainError } from '../../errors';
import type { Outbox } from '../../events/outbox';
import type { SuspensionCommand } from '../suspension-command';
import { batchInterrupted } from './batch.errors';
import { type BatchOptions, commandFor } from './batch-options';
import { changeUsers } from './change-users';
import { DUPLICATE, NOT_FOUND, type UserOutcome } from './outcome';
import { previewUsers } from './preview-users';

/** Few enough that somebody who wants one of them now waits for milliseconds. */
const USERS_A_CHUNK = 100;

export interface BatchItem {
  userId: number;
  outcome: UserOutcome;
}

/** What came of each of the ids, in the order given. */
export type BatchSuspensions = (
  options: BatchOptions,
  userIds: readonly number[],
  actor: Actor,
  dryRun: boolean,
  keep?: Keep<readonly BatchItem[]>,
) => Promise<readonly BatchItem[]>;

/**
 * Blocks or unblocks users, a chunk a transaction. Whom somebody else holds is waited for after the others of the
 * chunk, whose rows are free again by then.
 * @param keep written when all are done: a crash before it leaves nothing to repeat, and repeating is safe
 * @throws `service.busy` where nobody was changed, `service.outcome_unknown` where some may have been
 */
export function createBatchSuspensions(database: Database, outbox: Outbox): BatchSuspensions {
  const change = async (
    commands: readonly SuspensionCommand[],
    lock: 'wait' | 'free',
  ): Promise<ReadonlyMap<number, UserOutcome>> => {
    if (commands.length === 0) return new Map();
    const result = await database.transaction((tx) => changeUsers(tx, outbox, commands, lock));
    outbox.handOver(result.deliveries);
    return result.outcomes;
  };

  return async (options, userIds, actor, dryRun, keep) => {
    const commands = [...new Set(userIds)]
      .sort((a, b) => a - b)
      .map((userId) => commandFor(options, userId, actor, 'batch'));
    const outcomes = new Map<number, UserOutcome>();
    const record = (some: ReadonlyMap<number, UserOutcome>) =>
      some.forEach((outcome, userId) => outcomes.set(userId, outcome));
    const interrupted = (error: unknown): never => {
      throw !dryRun && outcomes.size > 0 && error instanceof DomainError ? batchInterrupted(error) : error;
    };
    for (let at = 0; at < commands.length; at += USERS_A_CHUNK) {
      const chunk = commands.slice(at, at + USERS_A_CHUNK);
      if (dryRun) {
        record(await previewUsers(database, chunk));
        continue;
      }
      record(await change(chunk, 'free').catch(interrupted));
      const held = chunk.filter(({ userId }) => !outcomes.has(userId));
      record(await change(held, 'wait').catch(interrupted));
    }
    const items = inOrderGiven(userIds, outcomes);
    return keep ? database.transaction(() => Promise.resolve(items), keep).catch(interrupted) : items;
  };
}

/** The first of several counts. */
function inOrderGiven(
  userIds: readonly number[],
  outcomes: ReadonlyMap<number, UserOutcome>,
): readonly BatchItem[] {
  const seen = new Set<number>();
  return userIds.map((userId) => {
    const outcome = seen.has(userId) ? DUPLICATE : (outcomes.get(userId) ?? NOT_FOUND);
    seen.add(userId);
    return { userId, outcome };
  });
}
