import { LRUCache } from 'lru-cache';
import type { Database } from '../database/database';
import { newUuid } from '../database/uuid';
import type { PingType } from '../events/catalogue';
import type { AttemptOutcome } from '../events/channel';
import { findWebhookEndpoint } from './find-webhook-endpoints';
import type { PostWebhook } from './post-webhook';
import { testedJustNow, webhookEndpointNotFound } from './webhooks.errors';

/** What came of a ping. */
export type PingOutcome = Pick<AttemptOutcome, 'statusCode' | 'errorKind' | 'error' | 'response'> & {
  delivered: boolean;
  tookMs: number;
};

export type TestWebhookEndpoint = (endpointId: string) => Promise<PingOutcome>;

const PING: PingType = 'endpoint.ping';

/** An endpoint is asked once in this time by this process, however fast somebody calls. */
const INTERVAL_MS = 1_000;

/** Pings under way in this process: each may hang for as long as an attempt may. */
const MAX_AT_ONCE = 16;

/**
 * Sends one ping, by the very code that sends webhooks, to an endpoint that may be disabled: that is when one tests. It
 * is recorded nowhere and changes nothing.
 * @throws `webhook_endpoint.not_found`, `rate_limit.exceeded`
 */
export function createTestWebhookEndpoint(database: Database, post: PostWebhook): TestWebhookEndpoint {
  const lately = new LRUCache<string, true>({ max: 10_000, ttl: INTERVAL_MS });
  const underWay = new Set<string>();

  return async (endpointId) => {
    const endpoint = await findWebhookEndpoint(database, endpointId);
    if (!endpoint) throw webhookEndpointNotFound();
    if (lately.has(endpointId) || underWay.has(endpointId) || underWay.size >= MAX_AT_ONCE)
      throw testedJustNow();
    lately.set(endpointId, true);
    underWay.add(endpointId);
    const started = performance.now();
    try {
      const outcome = await post(endpoint, { id: newUuid(), type: PING, payload: pingOf(endpointId) });
      const { kind, statusCode, errorKind, error, response } = outcome;
      const tookMs = Math.round(performance.now() - started);
      return { delivered: kind === 'succeeded', statusCode, errorKind, error, tookMs, response };
    } finally {
      underWay.delete(endpointId);
    }
  };
}

const pingOf = (endpointId: string): string =>
  JSON.stringify({ type: PING, timestamp: new Date().toISOString(), data: { endpointId } });
