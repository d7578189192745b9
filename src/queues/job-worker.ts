import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { logSparsely } from './log-sparsely';
import { type ConsumerWorker, openQueueStore, type QueueStoreOptions } from './queue-store';
import type { DeliveryJob, QueueName } from './queues';

/**
 * How long BullMQ holds a job for a worker that no longer renews it. A job is taken over and finished at once, so only a
 * worker that died holds one; a second worker that gets it as well does no harm, since the claim of the row decides.
 */
const LOCK_MS = 5_000;

const REOPEN_MS = 1_000;

/** How long closing waits for a store that does not answer, once no job is under way. */
const CLOSE_PATIENCE_MS = 1_000;

export interface JobWorker {
  /** Takes no more jobs and waits for those under way. */
  close(): Promise<void>;
}

export interface JobWorkerOptions extends QueueStoreOptions {
  concurrency: number;
}

/**
 * The consuming side of one queue. `process` decides what an error means; one that it throws is logged. A store that
 * is away, or whose schema is not there yet, is waited for.
 */
export function createJobWorker(
  name: QueueName,
  process: (job: DeliveryJob) => Promise<void>,
  options: JobWorkerOptions,
  log: Logger,
): JobWorker {
  const onError = logSparsely(log, `the queue ${name} is away`);
  const store = openQueueStore(options, onError);
  const closing = new AbortController();
  const underWay = new Set<Promise<void>>();
  let worker: ConsumerWorker | undefined;

  const open = (): ConsumerWorker =>
    store.worker(
      name,
      async ({ data }) => {
        const running = process(data).catch((error: unknown) => {
          // The row is the schedule: its lease runs out and the relay enqueues it again.
          const { deliveryId, attempt } = data;
          log.error({ err: error, deliveryId, attempt }, 'an attempt was not completed');
        });
        underWay.add(running);
        await running;
        underWay.delete(running);
      },
      {
        concurrency: options.concurrency,
        lockDuration: LOCK_MS,
        stalledInterval: LOCK_MS,
        maxStalledCount: 1,
      },
    );

  /** BullMQ remembers for ever that a store refused its first question, so each try has a worker of its own. */
  const consume = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      const candidate = open();
      candidate.on('error', onError);
      worker = candidate;
      try {
        await candidate.waitUntilReady();
      } catch (error) {
        onError(error as Error);
        await candidate.close(true);
        await delay(REOPEN_MS, undefined, { signal: closing.signal }).catch(() => undefined);
        continue;
      }
      if (!closing.signal.aborted) await candidate.run();
      return;
    }
  };
  const consuming = consume().catch(onError);

  return {
    async close() {
      closing.abort();
      const closed = Promise.all([worker?.close(), consuming]);
      // A store that is away cannot be told that the jobs are done; nobody needs to be told.
      const idle = async () => {
        do {
          await Promise.all(underWay);
          await delay(CLOSE_PATIENCE_MS);
        } while (underWay.size > 0);
      };
      await Promise.race([closed, idle()]);
      await store.close();
    },
  };
}
