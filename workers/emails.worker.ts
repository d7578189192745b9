import type { AttemptDelivery } from '../src/events/attempt-delivery';
import { createJobWorker, type JobWorker, type JobWorkerOptions } from '../src/queues/job-worker';
import type { Logger } from 'pino';

/** Consumes the queue `emails`. */
export const startEmailsWorker = (
  attempt: AttemptDelivery,
  options: JobWorkerOptions,
  log: Logger,
): JobWorker => createJobWorker('emails', attempt, options, log);
