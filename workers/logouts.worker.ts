import type { AcceptJob } from '../src/events/dispatch/accept-job';
import { createJobWorker, type JobWorker, type JobWorkerOptions } from '../src/queues/job-worker';
import type { Logger } from 'pino';

/** Consumes the queue `logouts`. */
export const startLogoutsWorker = (accept: AcceptJob, options: JobWorkerOptions, log: Logger): JobWorker =>
  createJobWorker('logouts', accept, options, log);
