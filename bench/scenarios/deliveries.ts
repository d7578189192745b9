import type { Database } from '../../src/database/database';
import type { BenchDatabase } from '../bench-database';
import { type BenchKeys, newBenchKeys } from '../bench-keys';
import { floorSender } from '../deliveries/floor-sender';
import { measureLatency, openLatencyClient } from '../deliveries/latency';
import { changesInTurn, portcullisSender } from '../deliveries/portcullis-sender';
import { type BenchReceiver, startReceiver } from '../deliveries/receiver-process';
import { measureThroughput } from '../deliveries/throughput';
import { startBenchIssuer } from '../issuer';
import { percentile } from '../measure';
import { openDatabase } from '../open-database';
import { openOutbox } from '../open-outbox';
import { startApiProcess, startProcess, startWorkerProcess } from '../processes';
import { say } from '../progress';
import { registerEndpoint } from '../register-endpoint';
import { seedUsers } from '../seed';

/** Webhooks that are sent each way; a multiple of 200. */
const WEBHOOKS = Number(process.env.BENCH_WEBHOOKS ?? 20_000);
const ENDPOINTS = 20;
const CONCURRENCY = 32;
const USERS = 20_000;
const IDLE_CHANGES = 300;
const LOADED_SECONDS = 20;
/** Under load; half of what can be sustained where that is less: a queue that only grows has no latency. */
const CHANGES_A_SECOND = 200;

/**
 * Webhooks through the real worker to a receiver on this machine, against a floor of the same run: BullMQ and `undici`
 * alone, at the same concurrency. Then the time from the answer of a block to the first byte of its webhook.
 */
export async function deliveries(place: BenchDatabase): Promise<void> {
  const keys = newBenchKeys();
  const database = await openDatabase(place, 8, keys.keyring);
  const issuer = await startBenchIssuer();
  const outbox = openOutbox(place);
  await seedUsers(database, USERS);
  const receiver = await startReceiver();
  const floor = floorSender(place, receiver.url);
  const started = [
    receiver,
    await startWorkerProcess(place, { keys, concurrency: CONCURRENCY }),
    await startProcess('bench/deliveries/floor-worker.ts', {
      DATABASE_URL: place.url,
      REDIS_URL: place.redisUrl ?? '',
      QUEUE_PREFIX: place.queuePrefix,
      WORKER_CONCURRENCY: String(CONCURRENCY),
    }),
    await startApiProcess(place, { keys, issuer }),
  ];
  const changes = changesInTurn(USERS);
  const client = openLatencyClient(started.at(-1)?.url ?? '', issuer.token, changes);
  const race = async (endpoints: number) => {
    const senders = [floor, portcullisSender(database, outbox, changes, endpoints)];
    const [least = 0, ours = 0] = await measureThroughput(senders, receiver, WEBHOOKS);
    say('');
    console.log(
      `${WEBHOOKS} webhooks to ${endpoints} receivers: Portcullis ${ours.toFixed(0)} a second, ` +
        `floor ${least.toFixed(0)} a second, ratio ${(ours / least).toFixed(2)}`,
    );
    return ours;
  };
  try {
    await registerEndpoints(database, keys, receiver, 1);
    const sustained = await race(1);
    showLatency('idle', await measureLatency(client, receiver, IDLE_CHANGES, null));
    const perSecond = Math.round(Math.min(CHANGES_A_SECOND, sustained / 2));
    const loaded = await measureLatency(client, receiver, perSecond * LOADED_SECONDS, perSecond);
    showLatency(`at ${perSecond} changes a second`, loaded);
    await registerEndpoints(database, keys, receiver, ENDPOINTS - 1);
    await race(ENDPOINTS);
  } finally {
    await client.close();
    await floor.close();
    await Promise.all(started.map((each) => each.stop()));
    await outbox.close();
    await database.close();
    issuer.close();
  }
}

async function registerEndpoints(
  database: Database,
  { keyring }: BenchKeys,
  receiver: BenchReceiver,
  count: number,
): Promise<void> {
  for (let n = 0; n < count; n++) await registerEndpoint(database, keyring, `${receiver.url}/${count}-${n}`);
}

function showLatency(when: string, sorted: readonly number[]): void {
  const [p50, p99] = [0.5, 0.99].map((share) => percentile(sorted, share).toFixed(1));
  say('');
  console.log(`from the answer to the first byte, ${when}: p50 ${p50} ms, p99 ${p99} ms`);
}
