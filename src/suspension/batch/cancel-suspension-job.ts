import { type Actor, appendAudit } from '../../audit/audit';
import type { Database } from '../../database/database';
import type { Keep } from '../../database/keep';
import { toTime } from '../../database/decode';
import { databaseNow } from '../../database/sql';
import { suspensionJobFinished } from './batch.errors';
import type { SuspensionJob } from './suspension-job.entity';
import { endJob, lockJob } from './suspension-job-queries';
import { toVisibleJob } from './to-suspension-job';

export type CancelSuspensionJob = (
  id: string,
  actor: Actor,
  keep?: Keep<SuspensionJob>,
) => Promise<SuspensionJob>;

/**
 * Ends a job where it stands. It waits for the chunk that is being changed: after it the job changes nobody.
 * @throws `suspension_job.not_found`, `suspension_job.finished`
 */
export function createCancelSuspensionJob(database: Database): CancelSuspensionJob {
  return (id, actor, keep) =>
    database.transaction(async (tx) => {
      const [[row], [time]] = await tx.read(lockJob(id), databaseNow);
      const job = toVisibleJob(row);
      if (job.state === 'done') throw suspensionJobFinished();
      if (job.state === 'cancelled') return job;
      const finishedAt = toTime(time?.now);
      tx.write(endJob(job.id, 'cancelled', finishedAt));
      const target = `suspension_job:${job.id}`;
      tx.write(
        appendAudit([
          {
            actor,
            action: 'suspension_job.cancel',
            target,
            changedFields: ['state'],
            before: { state: job.state },
            after: { state: 'cancelled' },
            occurredAt: finishedAt,
          },
        ]),
      );
      return { ...job, state: 'cancelled', finishedAt };
    }, keep);
}
