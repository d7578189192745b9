import type { AttemptDelivery } from '../src/events/attempt-delivery';
import { createJobWorker, type JobWorker, type JobWorkerOptions } from '../src/queues/job-worker';
import type { Logger } from 'pino';

/** Consumes the queue `webhooks`. */
export const startWebhooksWorker = (
  attempt: AttemptDelivery,
  options: JobWorkerOptions,
  log: Logger,
): JobWorker => createJobWorker('webhooks', attempt, options, log);
