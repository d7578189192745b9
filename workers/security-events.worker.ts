import type { AcceptJob } from '../src/events/dispatch/accept-job';
import { createJobWorker, type JobWorker, type JobWorkerOptions } from '../src/queues/job-worker';
import type { Logger } from 'pino';

/** Consumes the queue `security-events`. */
export const startSecurityEventsWorker = (
  accept: AcceptJob,
  options: JobWorkerOptions,
  log: Logger,
): JobWorker => createJobWorker('security-events', accept, options, log);
