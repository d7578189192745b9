import pino from 'pino';
import { createOutbox, type Outbox } from '../src/events/outbox';
import { createJobQueues } from '../src/queues/job-queues';
import { channels } from '../src/registrations';
import type { BenchDatabase } from './bench-database';

/** An outbox as the processes have it; what a queue does not take is a fault here. */
export function openOutbox({ url: databaseUrl, redisUrl, queuePrefix }: BenchDatabase): Outbox {
  const queues = createJobQueues({ databaseUrl, redisUrl, prefix: queuePrefix }, pino({ level: 'silent' }));
  const outbox = createOutbox({
    channels,
    queues,
    onQueueAway: (_deliveries, error) => Promise.reject(new Error('the queue is away', { cause: error })),
  });
  return {
    ...outbox,
    async close() {
      await outbox.close();
      await queues.close();
    },
  };
}
