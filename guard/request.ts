/** More characters than the largest page of the feed has; what is longer is no answer of ours. */
const LONGEST_TEXT = 16 * 1024 * 1024;

export type Fetch = typeof globalThis.fetch;

export interface Answer {
  status: number;
  /** Milliseconds that the server asks to wait; null where it says nothing that we understand. */
  retryAfterMs: number | null;
  /** Parsed, where the status is 200. */
  body: unknown;
  /** Whether others may follow, each with a line of the same answer. */
  isLines: boolean;
}

export interface RequestOptions {
  method?: 'GET' | 'POST';
  headers: Record<string, string>;
  body?: URLSearchParams;
  /** For all of it, up to the last byte of the answer. */
  timeoutMs: number;
  /** Ends the request when the guard is closed. */
  closed: AbortSignal;
}

/** An answer that was not the one hoped for. */
export class StatusError extends Error {
  constructor(readonly answer: Answer) {
    super(`answered ${answer.status}`);
  }
}

/**
 * One request for JSON. A redirect is an answer like any other: the credential goes to nobody but the address given.
 * @throws where there is no answer in time, or one that is no JSON or too long
 */
export async function requestJson(fetch: Fetch, url: URL, options: RequestOptions): Promise<Answer> {
  for await (const answer of requestLines(fetch, url, options)) return answer;
  throw new Error('the answer is empty');
}

/** An answer that comes line by line. */
export const LINES = 'application/x-ndjson';

/**
 * The same, where the answer may come line by line: each as soon as it is there, with what the others say as well. Whoever
 * asks for no more of them gives the request up.
 */
export async function* requestLines(fetch: Fetch, url: URL, options: RequestOptions): AsyncGenerator<Answer> {
  const { method = 'GET', headers, body, timeoutMs, closed } = options;
  const controller = new AbortController();
  const late = setTimeout(() => controller.abort(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
  late.unref();
  const end = () => controller.abort(new Error('the guard was closed'));
  closed.addEventListener('abort', end, { once: true });
  if (closed.aborted) end();
  try {
    const response = await fetch(url, {
      method,
      // RFC 9111, section 5.2.1: a lease that is renewed by a cache would be none.
      headers: { accept: 'application/json', 'cache-control': 'no-cache, no-store', ...headers },
      body,
      redirect: 'manual',
      signal: controller.signal,
    });
    const isLines = response.headers.get('content-type')?.split(';')[0] === LINES;
    const answer = { status: response.status, retryAfterMs: retryAfterMs(response), isLines };
    if (response.status !== 200) yield { ...answer, body: undefined };
    else
      for await (const text of textsOf(response, isLines))
        yield { ...answer, body: JSON.parse(text) as unknown };
  } finally {
    clearTimeout(late);
    closed.removeEventListener('abort', end);
    // What is left of it is of no interest; where nothing is, this changes nothing.
    controller.abort();
  }
}

/** RFC 9110, section 10.2.3: the form in seconds, which is the one that Portcullis sends. */
function retryAfterMs(response: Response): number | null {
  const header = response.headers.get('retry-after');
  return header !== null && /^\d{1,9}$/.test(header) ? Number(header) * 1000 : null;
}

/** The lines of an answer, or all of it. @throws where one is too long, or half a line is left */
async function* textsOf(response: Response, isLines: boolean): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > LONGEST_TEXT) throw new Error('the answer is too long');
    if (!isLines) continue;
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    yield* lines;
  }
  text += decoder.decode();
  if (!isLines) yield text;
  else if (text !== '') throw new Error('the answer was cut off');
}
