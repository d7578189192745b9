import type { AcceptJob } from '../src/events/dispatch/accept-job';
import { createJobWorker, type JobWorker, type JobWorkerOptions } from '../src/queues/job-worker';
import type { Logger } from 'pino';

/** Consumes the queue `emails`. */
export const startEmailsWorker = (accept: AcceptJob, options: JobWorkerOptions, log: Logger): JobWorker =>
  createJobWorker('emails', accept, options, log);
