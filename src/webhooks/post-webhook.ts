import { Webhook } from 'standardwebhooks';
import { type Dispatcher, request } from 'undici';
import type { Encryption } from '../database/encryption';
import type { AttemptOutcome, ClaimedDelivery, ErrorKind } from '../events/channel';
import { secretPlace } from './endpoint-secret';
import { AddressRefusedError, type GuardedAgents } from './guarded-agent';
import { readBounded } from './read-bounded';
import type { WebhookEndpoint } from './webhook-endpoint.entity';

export interface PostWebhookOptions {
  encryption: Encryption;
  agents: GuardedAgents;
  /** For all of it: resolving, connecting, sending, answering. */
  timeoutMs: number;
}

/** What is told; the body is the payload's exact bytes. */
export type WebhookMessage = Pick<ClaimedDelivery['event'], 'id' | 'payload'>;

/** One request to an endpoint. A receiver's refusal is an outcome, not an error. */
export type PostWebhook = (endpoint: WebhookEndpoint, message: WebhookMessage) => Promise<AttemptOutcome>;

/** RFC 9110, section 15.5.11: the receiver is gone, and says that it will not come back. */
const GONE = 410;

export function createPostWebhook({ encryption, agents, timeoutMs }: PostWebhookOptions): PostWebhook {
  return async (endpoint, message) => {
    const secret = encryption.decrypt(endpoint.secret, secretPlace(endpoint.id));
    const headers = { ...signedHeaders(message, secret), ...commonHeaders };
    const requestHeaders = { ...headers, 'webhook-signature': '[hidden]' };
    try {
      const response = await request(endpoint.url, {
        method: 'POST',
        headers,
        body: message.payload,
        dispatcher: agents.agentFor(endpoint.url),
        signal: AbortSignal.timeout(endpoint.timeoutMs ?? timeoutMs),
      });
      // The status has decided: an answer that breaks off must not send again what was taken.
      const answer = await readBounded(response.body).catch(() => null);
      return { ...toOutcome(response, answer), requestHeaders };
    } catch (error) {
      return { ...unsent(...failureOf(error)), requestHeaders };
    }
  };
}

const commonHeaders = { 'content-type': 'application/json', 'user-agent': 'Portcullis' };

/** Standard Webhooks: the id stays over all attempts, the time is the attempt's, the signature is over the exact bytes. */
function signedHeaders({ id, payload }: WebhookMessage, secret: string): Record<string, string> {
  const now = new Date();
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, now, payload),
  };
}

/** Any 2xx is a success. A redirect is not followed: it could lead anywhere. */
function toOutcome(
  { statusCode, headers }: Dispatcher.ResponseData,
  response: string | null,
): AttemptOutcome {
  const outcome = { statusCode, response, requestHeaders: null };
  if (statusCode >= 200 && statusCode < 300) {
    return { ...outcome, kind: 'succeeded', errorKind: null, error: null };
  }
  return {
    ...outcome,
    kind: statusCode === GONE ? 'refused' : 'failed',
    errorKind: 'answer',
    error: `the receiver answered ${statusCode}`,
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

/** An attempt without an answer. */
export const unsent = (errorKind: ErrorKind, error: string): AttemptOutcome => ({
  kind: 'failed',
  statusCode: null,
  errorKind,
  error,
  response: null,
  requestHeaders: null,
});

/** The error's code says what happened; its message may hold addresses, which are nobody's business (I7). */
function failureOf(error: unknown): [ErrorKind, string] {
  const { code, name } = error as { code?: string; name?: string };
  if (error instanceof AddressRefusedError) return ['address', error.message];
  if (name === 'TimeoutError') return ['timeout', 'the receiver took too long'];
  return [kindOf(code), `the request failed (${code ?? name ?? 'unknown'})`];
}

function kindOf(code = ''): ErrorKind {
  if (/^(ENOTFOUND|EAI_)/.test(code)) return 'name';
  if (/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO)/.test(code)) return 'tls';
  if (/TIMEOUT|TIMEDOUT/.test(code)) return 'timeout';
  return 'connection';
}
