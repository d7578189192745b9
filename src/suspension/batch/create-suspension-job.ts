import { type Actor, appendAudit } from '../../audit/audit';
import type { Database } from '../../database/database';
import type { Keep } from '../../database/keep';
import { toTime } from '../../database/decode';
import { databaseNow, type Statement } from '../../database/sql';
import type { Transaction } from '../../database/transaction';
import { newUuid } from '../../database/uuid';
import type { BatchOptions } from './batch-options';
import { DUPLICATE } from './outcome';
import type { SuspensionJob } from './suspension-job.entity';
import {
  countOutcomes,
  insertItems,
  insertJob,
  insertOutcomes,
  queueJob,
  selectJob,
} from './suspension-job-queries';
import { toVisibleJob } from './to-suspension-job';

const USERS_A_STATEMENT = 2_000;
const STATEMENTS_A_TRANSACTION = 5;

/** Answers the new job. */
export type CreateSuspensionJob = (
  options: BatchOptions,
  actor: Actor,
  userIds: readonly number[],
  keep?: Keep<SuspensionJob>,
) => Promise<SuspensionJob>;

/**
 * Stores a job and its users, in several transactions where they are many. It is seen, and run, when the last is
 * stored; a process that dies in between leaves an upload that is removed later (`job-retention.ts`).
 * @throws `service.busy`, `service.outcome_unknown`
 */
export function createCreateSuspensionJob(database: Database): CreateSuspensionJob {
  return async (options, actor, userIds, keep) => {
    const id = newUuid();
    const job = { id, state: 'uploading' as const, options, actor, undoOf: null, total: userIds.length };
    const groups = inParts([() => insertJob(job), ...insertUsers(id, userIds)], STATEMENTS_A_TRANSACTION);
    for (const group of groups.slice(0, -1)) await database.transaction((tx) => send(tx, group));
    return database.transaction(async (tx) => {
      await send(tx, groups.at(-1) ?? []);
      tx.write(queueJob(id));
      const [[row], [time]] = await tx.read(selectJob(id), databaseNow);
      tx.write(
        appendAudit([
          {
            actor,
            action: 'suspension_job.create',
            target: `suspension_job:${id}`,
            changedFields: ['state'],
            after: { action: options.action, total: userIds.length },
            onBehalfOfUserId: options.onBehalfOfUserId,
            occurredAt: toTime(time?.now),
          },
        ]),
      );
      return toVisibleJob(row);
    }, keep);
  };
}

/** Each in a script of its own: together they would be a megabyte. */
async function send(tx: Transaction, statements: readonly (() => Statement)[]): Promise<void> {
  for (const statement of statements) await tx.execute(statement());
}

/** Made when they are sent: all at once they would take a gigabyte. */
function insertUsers(id: string, userIds: readonly number[]): (() => Statement)[] {
  const seen = new Set<number>();
  const items: { position: number; userId: number }[] = [];
  const duplicates: typeof items = [];
  userIds.forEach((userId, index) => {
    (seen.has(userId) ? duplicates : items).push({ position: index + 1, userId });
    seen.add(userId);
  });
  return [
    ...inParts(items, USERS_A_STATEMENT).map((part) => () => insertItems(id, part)),
    ...inParts(duplicates, USERS_A_STATEMENT).flatMap((part) => {
      const rows = part.map((item) => ({ ...item, ...DUPLICATE }));
      return [() => insertOutcomes(id, rows), () => countOutcomes(id, rows)];
    }),
  ];
}

const inParts = <T>(rows: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(rows.length / size) }, (_, part) =>
    rows.slice(part * size, (part + 1) * size),
  );
