import type { Database } from '../../database/database';
import { toUuid } from '../../database/decode';
import { currentTime, fromNow, sql, type Statement } from '../../database/sql';
import { Uuid } from '../../database/uuid';

/** What another worker waits for when the one that ran a job has died. A chunk takes far less, and renews it. */
const LEASE_MS = 15_000;

/** For so long a job whose chunk has failed leaves the others their turn. */
const STANDS_BACK_MS = 15_000;

/** A job, and the loop of a worker that runs it. */
export interface ClaimedJob {
  id: string;
  holder: string;
}

/** Takes the oldest job that nobody runs, or that its worker has let lie; null where there is none. */
export const claimJob = (database: Database, holder: string): Promise<ClaimedJob | null> =>
  database.transaction(async (tx) => {
    const [[row]] = await tx.read(sql`SELECT id FROM suspension_jobs WHERE state IN ('queued', 'running')
      AND (lease_until IS NULL OR lease_until <= ${currentTime} OR lease_holder = ${new Uuid(holder)})
      ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED`);
    if (!row) return null;
    const job = { id: toUuid(row.id), holder };
    tx.write(sql`UPDATE suspension_jobs SET state = 'running', started_at = COALESCE(started_at, ${currentTime}),
      lease_holder = ${new Uuid(holder)} WHERE id = ${new Uuid(job.id)}`);
    tx.write(renewLease(job));
    return job;
  });

export const renewLease = ({ id }: { id: string }): Statement =>
  sql`UPDATE suspension_jobs SET lease_until = ${fromNow(LEASE_MS)} WHERE id = ${new Uuid(id)}`;

/**
 * Lets go of a job whose chunk has failed, and lets nobody claim it for a while: jobs that fail again and again would
 * be the oldest each time, and nothing else would run.
 */
export async function standBack(database: Database, { id, holder }: ClaimedJob): Promise<void> {
  await database.query(sql`UPDATE suspension_jobs SET lease_holder = NULL, lease_until = ${fromNow(STANDS_BACK_MS)}
    WHERE id = ${new Uuid(id)} AND state = 'running' AND lease_holder = ${new Uuid(holder)}`);
}

/** Lets go of what this holder runs, so that another worker goes on at once. */
export async function releaseJob(database: Database, holder: string): Promise<void> {
  await database.query(sql`UPDATE suspension_jobs SET lease_holder = NULL, lease_until = NULL
    WHERE state = 'running' AND lease_holder = ${new Uuid(holder)}`);
}
