import type { Database } from '../../src/database/database';
import type { Outbox } from '../../src/events/outbox';
import type { BenchDatabase } from '../bench-database';
import { newBenchKeys } from '../bench-keys';
import { startBenchIssuer } from '../issuer';
import { openDatabase } from '../open-database';
import { openOutbox } from '../open-outbox';
import { startApiProcess, startProcess, startWorkerProcess } from '../processes';
import { registerEndpoint } from '../register-endpoint';
import { floorSender } from './floor-sender';
import { type LatencyClient, openLatencyClient } from './latency';
import { type Changes } from './portcullis-sender';
import { type BenchReceiver, startReceiver } from './receiver-process';
import type { Sender } from './sender';

/** API, worker, the floor's worker and the receiver, each a process of its own. */
export interface Stage {
  database: Database;
  outbox: Outbox;
  receiver: BenchReceiver;
  floor: Sender;
  client: LatencyClient;
  /** Endpoints of the one receiver, each with a path of its own. */
  registerEndpoints(count: number): Promise<void>;
  close(): Promise<void>;
}

const CONCURRENCY = 32;

export async function openStage(place: BenchDatabase, changes: Changes): Promise<Stage> {
  const closing: (() => Promise<void> | void)[] = [];
  const close = async () => {
    for (const end of closing.reverse()) await end();
  };
  const opened = <T extends { stop(): Promise<void> } | { close(): Promise<void> | void }>(one: T): T => {
    closing.push(() => ('stop' in one ? one.stop() : one.close()));
    return one;
  };
  try {
    const keys = newBenchKeys();
    const database = opened(await openDatabase(place, 8, keys.keyring));
    const issuer = opened(await startBenchIssuer());
    const outbox = opened(openOutbox(place));
    const receiver = opened(await startReceiver());
    const floor = opened(floorSender(place, receiver.url));
    opened(await startWorkerProcess(place, { keys, issuer, concurrency: CONCURRENCY }));
    const floorEnvironment = {
      DATABASE_URL: place.url,
      REDIS_URL: place.redisUrl ?? '',
      QUEUE_PREFIX: place.queuePrefix,
      WORKER_CONCURRENCY: String(CONCURRENCY),
    };
    opened(await startProcess('bench/deliveries/floor-worker.ts', floorEnvironment));
    const api = opened(await startApiProcess(place, { keys, issuer }));
    const client = opened(openLatencyClient(api.url, issuer.token, changes));
    let registered = 0;
    return {
      database,
      outbox,
      receiver,
      floor,
      client,
      close,
      async registerEndpoints(count) {
        for (let n = 0; n < count; n++)
          await registerEndpoint(database, keys.keyring, `${receiver.url}/${registered++}`);
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
