import { type Dispatcher, request } from 'undici';
import type { Encryption } from '../database/encryption';
import type { AttemptOutcome, ErrorKind } from '../events/channel';
import { openHeaders } from './endpoint-headers';
import { signingSecrets } from './endpoint-secret';
import { AddressRefusedError, type GuardedAgents } from './guarded-agent';
import { readBounded } from './read-bounded';
import { renderPayload, type WebhookMessage } from './render-payload';
import { SIGNATURE_HEADERS, signWebhook } from './sign-webhook';
import type { WebhookEndpoint } from './webhook-endpoint.entity';

export interface PostWebhookOptions {
  encryption: Encryption;
  agents: GuardedAgents;
  /** For all of it: resolving, connecting, sending, answering. */
  timeoutMs: number;
}

/** One request to an endpoint. A receiver's refusal is an outcome, not an error. */
export type PostWebhook = (endpoint: WebhookEndpoint, message: WebhookMessage) => Promise<AttemptOutcome>;

/** RFC 9110, section 15.5.11: the receiver is gone, and says that it will not come back. */
const GONE = 410;

export function createPostWebhook({ encryption, agents, timeoutMs }: PostWebhookOptions): PostWebhook {
  return async (endpoint, message) => {
    const { body, headers, shownHeaders } = toRequest(encryption, endpoint, message);
    try {
      const response = await request(endpoint.url, {
        method: 'POST',
        headers,
        body,
        dispatcher: agents.agentFor(endpoint.url),
        signal: AbortSignal.timeout(endpoint.timeoutMs ?? timeoutMs),
      });
      // The status has decided: an answer that breaks off must not send again what was taken.
      const answer = await readBounded(response.body).catch(() => null);
      return { ...toOutcome(response, answer), requestHeaders: shownHeaders };
    } catch (error) {
      return { ...unsent(...failureOf(error)), requestHeaders: shownHeaders };
    }
  };
}

const commonHeaders = { 'content-type': 'application/json', 'user-agent': 'Portcullis' };
const HIDDEN = '[hidden]';

/** The body is signed as it is sent, to the byte. The endpoint's own headers never replace ours. */
function toRequest(encryption: Encryption, endpoint: WebhookEndpoint, message: WebhookMessage) {
  const sentAt = new Date();
  const body = renderPayload(endpoint, message, sentAt);
  const secrets = signingSecrets(encryption, endpoint, sentAt);
  const signed = signWebhook[endpoint.signature]({ id: message.id, sentAt, body }, secrets);
  const own = openHeaders(encryption, endpoint);
  const headers: Record<string, string> = {
    ...Object.fromEntries(own.map(({ name, value }) => [name, value])),
    ...commonHeaders,
    ...signed,
  };
  const isHidden = (name: string) =>
    SIGNATURE_HEADERS.includes(name) || own.some((header) => header.name === name);
  const shownHeaders = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, isHidden(name) ? HIDDEN : value]),
  );
  return { body, headers, shownHeaders };
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
