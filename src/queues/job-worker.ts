import type { Logger } from 'pino';
import { logSparsely } from './log-sparsely';
import { openQueueStore, type QueueStoreOptions } from './queue-store';
import type { DeliveryJob, QueueName } from './queues';

/**
 * How long BullMQ holds a job for a worker that no longer renews it. Longer than a send may take (15 s), so that
 * an event loop that is merely busy does not lose its jobs; what a dead worker held is retried by the relay anyway.
 */
const LOCK_MS = 30_000;

export interface JobWorker {
  /** Takes no more jobs and waits for those under way. */
  close(): Promise<void>;
}

export interface JobWorkerOptions extends QueueStoreOptions {
  concurrency: number;
}

/** The consuming side of one queue. `process` decides what an error means; one that it throws is logged. */
export function createJobWorker(
  name: QueueName,
  process: (job: DeliveryJob) => Promise<void>,
  options: JobWorkerOptions,
  log: Logger,
): JobWorker {
  const onError = logSparsely(log, `the queue ${name} is away`);
  const store = openQueueStore(options, onError);
  const worker = store.worker(
    name,
    async ({ data }) => {
      try {
        await process(data);
      } catch (error) {
        // The row is the schedule: its lease runs out and the relay enqueues it again.
        log.error(
          { err: error, deliveryId: data.deliveryId, attempt: data.attempt },
          'an attempt was not completed',
        );
      }
    },
    { concurrency: options.concurrency, lockDuration: LOCK_MS, stalledInterval: LOCK_MS, maxStalledCount: 1 },
  );
  worker.on('error', onError);
  return {
    async close() {
      await worker.close();
      await store.close();
    },
  };
}
