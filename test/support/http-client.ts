import { NDJSON } from '../../src/http/ndjson';
import { createContractCheck } from './contract-check';

export interface CallOptions {
  token?: string;
  /** Sent as JSON, or where `contentType` is given as it is. */
  body?: unknown;
  contentType?: string;
  headers?: Record<string, string>;
}

export interface Answer {
  status: number;
  headers: Headers;
  /** Parsed, an array of lines where it was NDJSON; undefined where there was none. */
  body: never;
}

export type Call = (method: string, path: string, options?: CallOptions) => Promise<Answer>;

/** A client of the API at `origin`, which holds every answer against the contract. */
export function createClient(origin: string, defaultToken?: string): Call {
  const contract = createContractCheck();
  return async (method, path, { token = defaultToken, body, contentType, headers = {} } = {}) => {
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': contentType ?? 'application/json' }),
        ...headers,
      },
      body:
        body === undefined || contentType !== undefined ? (body as string | undefined) : JSON.stringify(body),
    });
    const text = await response.text();
    const answeredType = response.headers.get('content-type');
    const check = (parsed: unknown) => contract.check(method, path, response.status, answeredType, parsed);
    if (answeredType === NDJSON) {
      const lines = text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as unknown);
      lines.forEach(check);
      return { status: response.status, headers: response.headers, body: lines as never };
    }
    const parsed = text === '' ? undefined : (JSON.parse(text) as unknown);
    check(parsed);
    return { status: response.status, headers: response.headers, body: parsed as never };
  };
}
