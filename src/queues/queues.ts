/** The queues that the worker process consumes. */
export const QUEUE_NAMES = ['webhooks', 'emails', 'security-events', 'logouts'] as const;

export type QueueName = (typeof QUEUE_NAMES)[number];

/** Ids alone: the row in the database is the truth. */
export interface DeliveryJob {
  deliveryId: string;
  /** The attempt that this job is for, from 1. */
  attempt: number;
  /** Whom it goes to, so that receivers do not wait for each other; absent in jobs of the version before. */
  target?: string;
}

/** Two processes that enqueue the same attempt make one job. */
export const jobId = ({ deliveryId, attempt }: DeliveryJob): string => `${deliveryId}-${attempt}`;

/** The producing side of the queues. */
export interface JobQueues {
  /** Adds jobs, dropping those that are there already. Rejects fast while the queue is away. */
  add(queue: QueueName, jobs: readonly DeliveryJob[]): Promise<void>;
  /** Rejects where the queue's store does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
