import type { Logger } from 'pino';
import { logSparsely } from './log-sparsely';
import { openQueueStore, type ProducerQueue, type QueueStoreOptions } from './queue-store';
import { jobId, type JobQueues, QUEUE_NAMES, type QueueName } from './queues';

/** The producing side: fails fast while the queue is away, so that nobody waits for it. */
export function createJobQueues(options: QueueStoreOptions, log: Logger): JobQueues {
  const onError = logSparsely(log, 'the job queue is away');
  const store = openQueueStore(options, onError);
  const queues = Object.fromEntries(QUEUE_NAMES.map((name) => [name, store.queue(name)])) as Record<
    QueueName,
    ProducerQueue
  >;
  for (const queue of Object.values(queues)) queue.on('error', onError);

  return {
    async add(name, jobs) {
      await queues[name].addBulk(
        jobs.map((job) => ({ name: 'deliver', data: job, opts: { jobId: jobId(job) } })),
      );
    },
    ping: () => store.ping(),
    async close() {
      await Promise.all(Object.values(queues).map((queue) => queue.close()));
      await store.close();
    },
  };
}
