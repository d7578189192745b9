import type { Logger } from 'pino';
import { logSparsely } from './log-sparsely';
import { openQueueStore, type ProducerQueue, type QueueStoreOptions } from './queue-store';
import { jobId, type JobQueues, QUEUE_NAMES, type QueueName } from './queues';

/** The producing side: fails fast while the queue is away, so that nobody waits for it. */
export function createJobQueues(options: QueueStoreOptions, log: Logger): JobQueues {
  const onError = logSparsely(log, 'the job queue is away');
  const store = openQueueStore(options, onError);
  const queues = new Map<QueueName, ProducerQueue>();

  const open = (name: QueueName): ProducerQueue => {
    const queue = store.queue(name);
    queue.on('error', onError);
    queues.set(name, queue);
    // BullMQ remembers for ever that a store was away when it was first asked: the next job opens another queue.
    queue.waitUntilReady().catch((error: Error) => {
      onError(error);
      queues.delete(name);
      queue.close().catch(onError);
    });
    return queue;
  };
  // At once: the first job should find a connection that stands.
  QUEUE_NAMES.forEach(open);

  return {
    async add(name, jobs) {
      const queue = queues.get(name) ?? open(name);
      await queue.addBulk(jobs.map((job) => ({ name: 'deliver', data: job, opts: { jobId: jobId(job) } })));
    },
    ping: () => store.ping(),
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      await store.close();
    },
  };
}
