import {
  createPostgresBackend,
  type Processor,
  Queue,
  withBackend,
  Worker,
  type WorkerOptions,
} from 'bullmq';
import { Redis } from 'ioredis';
import type { DeliveryJob, QueueName } from './queues';

/** How a queue that is away must not hold up whoever adds to it, in milliseconds. */
const PRODUCER_PATIENCE_MS = 2_000;

/** BullMQ's own tables, in the database of everything else. */
export const POSTGRES_SCHEMA = 'bullmq';

export interface QueueStoreOptions {
  databaseUrl: string;
  /** Redis or Valkey; where absent the jobs live in PostgreSQL. */
  redisUrl?: string;
  prefix: string;
}

/** The part of BullMQ's Queue that producers use. */
export interface ProducerQueue {
  addBulk(jobs: { name: string; data: DeliveryJob; opts: { jobId: string } }[]): Promise<unknown>;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** The part of BullMQ's Worker that consumers use. It takes jobs once `run` is called. */
export interface ConsumerWorker {
  waitUntilReady(): Promise<unknown>;
  run(): Promise<void>;
  close(force?: boolean): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

type ConsumerOptions = Pick<
  WorkerOptions,
  'concurrency' | 'lockDuration' | 'stalledInterval' | 'maxStalledCount'
>;

/** Where BullMQ keeps its jobs. */
export interface QueueStore {
  queue(name: QueueName): ProducerQueue;
  worker(name: QueueName, processor: Processor<DeliveryJob>, options: ConsumerOptions): ConsumerWorker;
  ping(): Promise<void>;
  close(): Promise<void>;
}

export const openQueueStore = (options: QueueStoreOptions, onError: (error: Error) => void): QueueStore =>
  options.redisUrl === undefined
    ? openPostgresStore(options.databaseUrl)
    : openRedisStore(options.redisUrl, options.prefix, onError);

/** A row whose job is gone is enqueued again, so no finished job needs to be kept. */
const defaultJobOptions = { attempts: 1, removeOnComplete: true, removeOnFail: true };

/** How long a worker waits before it asks a store again that did not answer; BullMQ's own 15 s would delay what is due. */
const waiting = { autorun: false, runRetryDelay: 1_000 };

const retryStrategy = (times: number): number => Math.min(times * 100, 1_000);

function openRedisStore(url: string, prefixName: string, onError: (error: Error) => void): QueueStore {
  // On a Redis Cluster the hash tag keeps the keys of a queue on one node.
  const prefix = `{${prefixName}}`;
  let producer: Redis | undefined;
  const produce = (): Redis => {
    producer ??= new Redis(url, {
      retryStrategy,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      commandTimeout: PRODUCER_PATIENCE_MS,
    }).on('error', onError);
    return producer;
  };
  return {
    queue: (name) =>
      new Queue(name, {
        connection: produce(),
        prefix,
        defaultJobOptions,
        // BullMQ would ask for the version and write its own at once, on a connection that does not stand yet; with
        // no offline queue that fails, and the queue would stay unusable for ever.
        skipVersionCheck: true,
        skipWaitingForReady: true,
        skipMetasUpdate: true,
      }),
    // Workers wait for a Redis that is away, without end. They get options and no connection: one that is connected
    // on first use gives up where that first attempt fails.
    worker: (name, processor, options) =>
      new Worker(name, processor, {
        ...options,
        ...waiting,
        connection: { url, retryStrategy, maxRetriesPerRequest: null },
        prefix,
      }),
    async ping() {
      await produce().ping();
    },
    close() {
      producer?.disconnect();
      return Promise.resolve();
    },
  };
}

function openPostgresStore(databaseUrl: string): QueueStore {
  const connection = {
    connectionString: databaseUrl,
    schema: POSTGRES_SCHEMA,
    connectionTimeoutMillis: PRODUCER_PATIENCE_MS,
  };
  const onPostgres = withBackend(createPostgresBackend);
  return {
    queue: (name) => new onPostgres.Queue(name, { connection: { ...connection, max: 2 }, defaultJobOptions }),
    worker: (name, processor, options) =>
      new onPostgres.Worker<DeliveryJob>(name, processor, {
        ...options,
        ...waiting,
        connection: { ...connection, max: 4 },
      }),
    // The jobs live in the database, whose readiness is checked by itself.
    ping: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
