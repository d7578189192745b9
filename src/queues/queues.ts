/** The queues that the worker process consumes. */
export type QueueName = 'webhooks' | 'emails';

/** Ids alone: the row in the database is the truth. */
export interface DeliveryJob {
  deliveryId: string;
  /** The attempt that this job is for, from 1. */
  attempt: number;
}

/** The producing side of the queues. */
export interface JobQueues {
  /** Adds jobs, dropping those whose id `<delivery>-<attempt>` is there already. Fails fast while the queue is away. */
  add(queue: QueueName, jobs: readonly DeliveryJob[]): Promise<void>;
  /** Whether the queue's store answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
