import type { AcceptJob } from '../src/events/dispatch/accept-job';
import { createJobWorker, type JobWorker, type JobWorkerOptions } from '../src/queues/job-worker';
import type { Logger } from 'pino';

/** Consumes the queue `webhooks`. */
export const startWebhooksWorker = (accept: AcceptJob, options: JobWorkerOptions, log: Logger): JobWorker =>
  createJobWorker('webhooks', accept, options, log);
