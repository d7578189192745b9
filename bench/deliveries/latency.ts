import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { progress } from '../progress';
import type { Changes } from './portcullis-sender';
import { type BenchReceiver, monotonicMs } from './receiver-process';

/** A client of the API that remembers when each change was answered. */
export interface LatencyClient {
  /** One change. @returns the id of its event, and when its answer was there */
  change(): Promise<{ eventId: string; answeredMs: number }>;
  close(): Promise<void>;
}

const CONNECTIONS = 32;

export function openLatencyClient(apiUrl: string, token: string, changes: Changes): LatencyClient {
  const pool = new Pool(apiUrl, { connections: CONNECTIONS, pipelining: 1 });
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    prefer: 'return=representation',
  };
  return {
    async change() {
      const { userId, action } = changes.next().value;
      const path = `/api/v1/users/${userId}/${action}`;
      const { statusCode, body } = await pool.request({ method: 'PATCH', path, headers, body: BODY });
      const answeredMs = monotonicMs();
      if (statusCode !== 200) throw new Error(`${action} answered ${statusCode}: ${await body.text()}`);
      const { eventId } = (await body.json()) as { eventId: string };
      return { eventId, answeredMs };
    },
    close: () => pool.close(),
  };
}

const BODY = JSON.stringify({ triggerWebhook: true });

/**
 * Milliseconds from the answer of a change to the first byte of its webhook, sorted; below 0 where the webhook was
 * there before the caller had read the answer.
 * @param perSecond changes, begun at even times whatever became of the last; null waits for each webhook
 */
export async function measureLatency(
  client: LatencyClient,
  receiver: BenchReceiver,
  count: number,
  perSecond: number | null,
): Promise<number[]> {
  const answered = new Map<string, number>();
  const arrived = new Map<string, number>();
  const change = async () => {
    const { eventId, answeredMs } = await client.change();
    answered.set(eventId, answeredMs);
  };
  const collect = async (awaited: number) => {
    for (const { id, atMs } of await receiver.arrivals(awaited)) arrived.set(id, atMs);
  };
  if (perSecond === null) {
    for (let done = 0; done < count; done++) {
      progress(`idle: ${done} of ${count} changes`);
      await change();
      await collect(1);
    }
  } else {
    const arriving = collect(count);
    await Promise.all(Array.from({ length: count }, (_, at) => delay((at * 1000) / perSecond).then(change)));
    await arriving;
  }
  const tookMs = [...arrived].map(([id, atMs]) => atMs - (answered.get(id) ?? Number.NaN));
  return tookMs.sort((a, b) => a - b);
}
