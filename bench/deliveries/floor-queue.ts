import { createPostgresBackend, type Processor, Queue, withBackend, Worker } from 'bullmq';
import { POSTGRES_SCHEMA } from '../../src/queues/queue-store';
import type { BenchDatabase } from '../bench-database';

/** All that is sent, so that nothing is looked up. */
export interface FloorJob {
  url: string;
  id: string;
  body: string;
}

type Place = Pick<BenchDatabase, 'url' | 'redisUrl' | 'queuePrefix'>;

const NAME = 'floor';
const defaultJobOptions = { removeOnComplete: true, removeOnFail: true };
const onPostgres = withBackend(createPostgresBackend);

const inPostgres = (connectionString: string) => ({ connectionString, schema: POSTGRES_SCHEMA, max: 4 });

/** BullMQ's queue as it comes. */
export const openFloorQueue = ({ url, redisUrl, queuePrefix }: Place) =>
  redisUrl === undefined
    ? new onPostgres.Queue<FloorJob>(NAME, { connection: inPostgres(url), defaultJobOptions })
    : new Queue<FloorJob>(NAME, {
        connection: { url: redisUrl },
        prefix: `{${queuePrefix}}`,
        defaultJobOptions,
      });

/** BullMQ's worker as it comes. */
export const openFloorWorker = (
  { url, redisUrl, queuePrefix }: Place,
  concurrency: number,
  process: Processor<FloorJob>,
) =>
  redisUrl === undefined
    ? new onPostgres.Worker<FloorJob>(NAME, process, { connection: inPostgres(url), concurrency })
    : new Worker<FloorJob>(NAME, process, {
        connection: { url: redisUrl, maxRetriesPerRequest: null },
        prefix: `{${queuePrefix}}`,
        concurrency,
      });
