import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiError, type Problem } from './api-error';
import { CliError } from './cli-error';
import type { TokenSource } from './token-source';

export interface ApiRequest {
  query?: Record<string, string | number | undefined>;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is, in place of `body`. */
  content?: { text: string; type: string };
  headers?: Record<string, string>;
  /** For the answer as a whole; none for one that is read as it comes. */
  timeoutMs?: number;
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export interface ApiClient {
  /** @throws ApiError where the service refuses, `unavailable` where it does not answer in spite of repeating */
  call<T>(method: Method, path: string, request?: ApiRequest): Promise<T>;
  /** The body as it arrives. */
  stream(path: string, request?: ApiRequest): Promise<AsyncIterable<Uint8Array>>;
}

const TIMEOUT_MS = 60_000;
/** A day: the fetch itself gives up on a connection that falls silent. */
const NEVER = 86_400_000;
/** How often a call is sent in all, where the service is busy or the network fails. */
const MAX_TRIES = 6;
const BACKOFF_MS = 200;
/** A service that asks for more patience than this is away. */
const MAX_WAIT_MS = 60_000;
const BASE_PATH = '/api/v1';

export function createApiClient(url: string, tokens: TokenSource): ApiClient {
  const send = async (method: Method, path: string, request: ApiRequest = {}): Promise<Response> => {
    const target = addressOf(url, path, request.query);
    // One key for one call, however often it is sent: the service does it once.
    const key: Record<string, string> = method === 'GET' ? {} : { 'Idempotency-Key': randomUUID() };
    let token = await tokens.current();
    let renewed = false;
    for (let tries = 1; ; tries++) {
      const answer = await attempt(
        target,
        method,
        { ...request, headers: { ...key, ...request.headers } },
        token,
      );
      if (answer instanceof Response && answer.ok) return answer;
      if (answer instanceof Response && answer.status === 401 && !renewed) {
        renewed = true;
        token = await tokens.renewed(token);
      } else {
        const waitMs = !(answer instanceof Response) || isPassing(answer) ? waitOf(answer, tries) : null;
        if (waitMs === null || tries >= MAX_TRIES) throw await failureOf(answer, url);
        await delay(waitMs);
      }
      if (answer instanceof Response) await answer.arrayBuffer();
    }
  };

  return {
    async call<T>(method: Method, path: string, request?: ApiRequest): Promise<T> {
      const response = await send(method, path, request);
      const text = await response.text();
      return (text === '' ? undefined : JSON.parse(text)) as T;
    },
    async stream(path, request) {
      const { body } = await send('GET', path, { timeoutMs: NEVER, ...request });
      return (body ?? []) as AsyncIterable<Uint8Array>;
    },
  };
}

/** @throws `usage` where `url` is none */
function addressOf(url: string, path: string, query: ApiRequest['query'] = {}): URL {
  const text = `${url.replace(/\/+$/, '')}${BASE_PATH}${path}`;
  if (!URL.canParse(text) || !/^https?:/.test(text)) {
    throw new CliError('usage', `${url} is not the address of an API.`);
  }
  const target = new URL(text);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) target.searchParams.set(name, String(value));
  }
  return target;
}

/** Sends once; an error is the network's. */
function attempt(
  target: URL,
  method: Method,
  { body, content, headers = {}, timeoutMs = TIMEOUT_MS }: ApiRequest,
  token: string,
): Promise<Response | Error> {
  const sent =
    content ?? (body === undefined ? null : { text: JSON.stringify(body), type: 'application/json' });
  return fetch(target, {
    method,
    headers: {
      ...headers,
      authorization: `Bearer ${token}`,
      ...(sent ? { 'content-type': sent.type } : {}),
    },
    body: sent?.text,
    // The token goes to this service and to no other.
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((error: Error) => error);
}

/** A conflict that has an end is that of a repeat which came before the first was answered. */
const isPassing = ({ status, headers }: Response): boolean =>
  [429, 502, 503, 504].includes(status) || (status === 409 && headers.has('retry-after'));

/** RFC 9110, section 10.2.3: the service knows best when to come back. Null where that is too long. */
function waitOf(answer: Response | Error, tries: number): number | null {
  const asked =
    answer instanceof Response ? Number(answer.headers.get('retry-after') ?? Number.NaN) : Number.NaN;
  const waitMs = Number.isNaN(asked) ? BACKOFF_MS * 2 ** (tries - 1) : asked * 1000;
  // Those who were turned away together need not come back together.
  return waitMs > MAX_WAIT_MS ? null : waitMs * (1 + Math.random() / 4);
}

async function failureOf(answer: Response | Error, url: string): Promise<CliError> {
  if (answer instanceof Response) {
    const problem = (await answer.json().catch(() => ({}))) as Partial<Problem>;
    return new ApiError(answer.status, problem);
  }
  const { code } = (answer.cause ?? {}) as { code?: string };
  return new CliError('unavailable', `The API at ${url} does not answer (${code ?? answer.name}).`);
}
