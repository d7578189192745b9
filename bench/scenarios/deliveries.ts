import type { BenchDatabase } from '../bench-database';
import { measureLatency } from '../deliveries/latency';
import { type Changes, changesInTurn, portcullisSender } from '../deliveries/portcullis-sender';
import { openStage, type Stage } from '../deliveries/stage';
import { measureThroughput } from '../deliveries/throughput';
import { percentile } from '../measure';
import { say } from '../progress';
import { seedUsers } from '../seed';

/** Webhooks that are sent each way; a multiple of 200. */
const WEBHOOKS = Number(process.env.BENCH_WEBHOOKS ?? 20_000);
const ENDPOINTS = 20;
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
  const changes = changesInTurn(USERS);
  const stage = await openStage(place, changes);
  try {
    await seedUsers(stage.database, USERS);
    await stage.registerEndpoints(1);
    const sustained = await race(stage, changes, 1);
    await showLatency(stage, 'idle', IDLE_CHANGES, null);
    const perSecond = Math.round(Math.min(CHANGES_A_SECOND, sustained / 2));
    await showLatency(stage, `at ${perSecond} changes a second`, perSecond * LOADED_SECONDS, perSecond);
    await stage.registerEndpoints(ENDPOINTS - 1);
    await race(stage, changes, ENDPOINTS);
  } finally {
    await stage.close();
  }
}

/** @returns the webhooks a second of Portcullis */
async function race(stage: Stage, changes: Changes, endpoints: number): Promise<number> {
  const { database, outbox, receiver, floor } = stage;
  const senders = [floor, portcullisSender(database, outbox, changes, endpoints)];
  const [least = 0, ours = 0] = await measureThroughput(senders, receiver, WEBHOOKS);
  say('');
  console.log(
    `${WEBHOOKS} webhooks to ${endpoints} ${endpoints === 1 ? 'endpoint' : 'endpoints'}: ` +
      `Portcullis ${ours.toFixed(0)} a second, floor ${least.toFixed(0)} a second, ratio ${(ours / least).toFixed(2)}`,
  );
  return ours;
}

async function showLatency(
  { client, receiver }: Stage,
  when: string,
  count: number,
  perSecond: number | null,
): Promise<void> {
  const sorted = await measureLatency(client, receiver, count, perSecond);
  const [p50, p99] = [0.5, 0.99].map((share) => percentile(sorted, share).toFixed(1));
  say('');
  console.log(`from the answer to the first byte, ${when}: p50 ${p50} ms, p99 ${p99} ms`);
}
