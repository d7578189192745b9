import { type Actor, appendAudit } from '../../audit/audit';
import type { Database } from '../../database/database';
import type { Keep } from '../../database/keep';
import { toTime } from '../../database/decode';
import { databaseNow } from '../../database/sql';
import { newUuid } from '../../database/uuid';
import { suspensionJobNotFinished, suspensionJobNotUndoable } from './batch.errors';
import type { BatchOptions } from './batch-options';
import type { SuspensionJob } from './suspension-job.entity';
import { insertJob, lockJob, selectJob } from './suspension-job-queries';
import { toVisibleJob } from './to-suspension-job';

/** Answers the new job. */
export type UndoSuspensionJob = (
  id: string,
  options: BatchOptions,
  actor: Actor,
  keep?: Keep<SuspensionJob>,
) => Promise<SuspensionJob>;

/**
 * Makes a job that ends the suspensions which a blocking job opened for users who were not blocked, as far as they are
 * open when their turn comes.
 * @throws `suspension_job.not_found`, `suspension_job.not_undoable`, `suspension_job.not_finished`
 */
export function createUndoSuspensionJob(database: Database): UndoSuspensionJob {
  return (undoneId, options, actor, keep) =>
    database.transaction(async (tx) => {
      const [[row], [time]] = await tx.read(lockJob(undoneId), databaseNow);
      const undone = toVisibleJob(row);
      if (undone.action !== 'block') throw suspensionJobNotUndoable();
      if (undone.finishedAt === null) throw suspensionJobNotFinished();
      const id = newUuid();
      tx.write(insertJob({ id, state: 'queued', options, actor, undoOf: undone.id, total: undone.undoable }));
      tx.write(
        appendAudit([
          {
            actor,
            action: 'suspension_job.undo',
            target: `suspension_job:${undone.id}`,
            changedFields: [],
            after: { undoneBy: id },
            onBehalfOfUserId: options.onBehalfOfUserId,
            occurredAt: toTime(time?.now),
          },
        ]),
      );
      const [[made]] = await tx.read(selectJob(id));
      return toVisibleJob(made);
    }, keep);
}
