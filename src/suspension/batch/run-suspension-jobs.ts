import type { Logger } from 'pino';
import type { Database } from '../../database/database';
import { newUuid } from '../../database/uuid';
import type { Outbox } from '../../events/outbox';
import { type Polling, startPolling } from '../../database/polling';
import { claimJob, type ClaimedJob, releaseJob, standBack } from './claim-job';
import { runChunk } from './run-chunk';

const INTERVAL_MS = 1_000;

/** In one process: a small job does not wait for the end of a large one. */
const JOBS_AT_ONCE = 2;

export interface SuspensionJobsOptions {
  database: Database;
  outbox: Outbox;
  log: Logger;
}

/**
 * Runs suspension jobs, in the worker. The row is the schedule: a loop that is free looks each second for a job that
 * nobody runs. Several workers may run at once; a job is one loop's as long as its lease lasts.
 */
export function startSuspensionJobs(options: SuspensionJobsOptions): Polling {
  const loops = Array.from({ length: JOBS_AT_ONCE }, () => startLoop(options));
  return {
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()));
    },
  };
}

/** One job at a time, a chunk a round, so that stopping waits for a chunk and not for a job. */
function startLoop({ database, outbox, log }: SuspensionJobsOptions): Polling {
  const holder = newUuid();
  let job: ClaimedJob | null = null;
  let lock: 'wait' | 'free' = 'free';

  const round = async (): Promise<number> => {
    const claimed = job ?? (await claimJob(database, holder));
    if (!claimed) return INTERVAL_MS;
    // Where the chunk fails the job is claimed again, some time later: it may have been cancelled, or taken over.
    job = null;
    const end = await runChunk(database, outbox, claimed, lock).catch(async (error: unknown) => {
      log.warn({ err: error, jobId: claimed.id }, 'a chunk of a suspension job failed; the job stands back');
      await standBack(database, claimed);
      return 'failed' as const;
    });
    lock = end === 'left' ? 'wait' : 'free';
    if (end === 'more' || end === 'left') job = claimed;
    if (end === 'done') log.info({ jobId: claimed.id }, 'suspension job done');
    return 0;
  };
  const polling = startPolling({
    intervalMs: INTERVAL_MS,
    round,
    log,
    onFailure: 'suspension jobs could not go on',
  });

  return {
    async stop() {
      await polling.stop();
      // Another worker goes on at once; where this fails, it does so when the lease has run out.
      await releaseJob(database, holder).catch(() => undefined);
    },
  };
}
