import { createContractCheck } from './contract-check';

export interface CallOptions {
  token?: string;
  /** Sent as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Answer {
  status: number;
  headers: Headers;
  /** Parsed; undefined where there was none. */
  body: never;
}

export type Call = (method: string, path: string, options?: CallOptions) => Promise<Answer>;

/** A client of the API at `origin`, which holds every answer against the contract. */
export function createClient(origin: string, defaultToken?: string): Call {
  const contract = createContractCheck();
  return async (method, path, { token = defaultToken, body, headers = {} } = {}) => {
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    const parsed = text === '' ? undefined : (JSON.parse(text) as unknown);
    contract.check(method, path, response.status, response.headers.get('content-type'), parsed);
    return { status: response.status, headers: response.headers, body: parsed as never };
  };
}
