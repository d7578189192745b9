import { type Dispatcher, request } from 'undici';
import type { AttemptOutcome, ErrorKind } from '../events/channel';
import { AddressRefusedError, type GuardedAgents } from './guarded-agent';
import { readBounded } from './read-bounded';

export interface OutboundPost {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string;
  /** For all of it: resolving, connecting, sending, answering. */
  timeoutMs: number;
  /** What is read of an answer: up to 65,536 characters, 1,000 where it is absent. */
  answerCharacters?: number;
}

/** RFC 9110, section 15.5.11: the receiver is gone, and says that it will not come back. */
const GONE = 410;

/** One request to a receiver. Its refusal is an outcome, not an error. */
export async function post(
  agents: GuardedAgents,
  { url, headers, body, timeoutMs, answerCharacters }: OutboundPost,
): Promise<AttemptOutcome> {
  try {
    const response = await request(url, {
      method: 'POST',
      headers,
      body,
      dispatcher: agents.agentFor(url),
      signal: AbortSignal.timeout(timeoutMs),
    });
    // The status has decided: an answer that breaks off must not send again what was taken.
    return toOutcome(response, await readBounded(response.body, answerCharacters).catch(() => null));
  } catch (error) {
    return unsent(...failureOf(error));
  }
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
