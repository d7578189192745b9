import { Webhook } from 'standardwebhooks';
import { type Dispatcher, request } from 'undici';
import type { Database } from '../database/database';
import type { Encryption } from '../database/encryption';
import type { AttemptOutcome, ClaimedDelivery, Send } from '../events/channel';
import { secretPlace } from './endpoint-secret';
import { findWebhookEndpoint } from './find-webhook-endpoints';
import { AddressRefusedError, type GuardedAgents } from './guarded-agent';
import { readBounded } from './read-bounded';

export interface SendWebhookOptions {
  database: Database;
  encryption: Encryption;
  agents: GuardedAgents;
  /** For all of it: resolving, connecting, sending, answering. */
  timeoutMs: number;
}

/** RFC 9110, section 15.5.11: the receiver is gone, and says that it will not come back. */
const GONE = 410;

/** Sends a delivery to its endpoint. A receiver's refusal is an outcome, not an error. */
export function createSendWebhook({ database, encryption, agents, timeoutMs }: SendWebhookOptions): Send {
  return async (delivery) => {
    const endpoint = await findWebhookEndpoint(database, delivery.target);
    if (!endpoint)
      return { kind: 'gone', statusCode: null, error: 'the endpoint was deleted', response: null };
    const secret = encryption.decrypt(endpoint.secret, secretPlace(endpoint.id));
    try {
      const response = await request(endpoint.url, {
        method: 'POST',
        headers: {
          ...signedHeaders(delivery, secret),
          'content-type': 'application/json',
          'user-agent': 'Portcullis',
        },
        body: delivery.event.payload,
        dispatcher: agents.agentFor(new URL(endpoint.url)),
        signal: AbortSignal.timeout(timeoutMs),
      });
      // The status has decided: an answer that breaks off must not send again what was taken.
      const answer = await readBounded(response.body).catch(() => null);
      return toOutcome(response, answer);
    } catch (error) {
      return failed(error);
    }
  };
}

/** Standard Webhooks: the id stays over all attempts, the time is the attempt's, the signature is over the exact bytes. */
function signedHeaders({ event }: ClaimedDelivery, secret: string): Record<string, string> {
  const now = new Date();
  return {
    'webhook-id': event.id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(event.id, now, event.payload),
  };
}

/** Any 2xx is a success. A redirect is not followed: it could lead anywhere. */
function toOutcome(
  { statusCode, headers }: Dispatcher.ResponseData,
  response: string | null,
): AttemptOutcome {
  if (statusCode >= 200 && statusCode < 300) return { kind: 'succeeded', statusCode, error: null, response };
  return {
    kind: statusCode === GONE ? 'refused' : 'failed',
    statusCode,
    error: `the receiver answered ${statusCode}`,
    response,
    retryAfterSeconds: retryAfterSeconds(headers['retry-after']),
  };
}

/** RFC 9110, section 10.2.3: seconds or a date. */
function retryAfterSeconds(header: string | string[] | undefined): number | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  if (text === undefined) return undefined;
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
}

/** The error's code says what happened; its message may hold addresses, which are nobody's business (I7). */
function failed(error: unknown): AttemptOutcome {
  const { code, name } = error as { code?: string; name?: string };
  const outcome = { kind: 'failed', statusCode: null, response: null } as const;
  if (error instanceof AddressRefusedError) return { ...outcome, error: error.message };
  if (name === 'TimeoutError') return { ...outcome, error: 'the receiver took too long' };
  return { ...outcome, error: `the request failed (${code ?? name ?? 'unknown'})` };
}
