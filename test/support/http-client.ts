import { NDJSON } from '../../src/http/ndjson';
import { type ContractCheck, sharedContractCheck } from './contract-check';

export interface CallOptions {
  token?: string;
  /** Sent as JSON, or where `contentType` is given as it is; the fields of a form as a form. */
  body?: unknown;
  contentType?: string;
  headers?: Record<string, string>;
}

export interface Answer {
  status: number;
  headers: Headers;
  /** Parsed, an array of lines where it was NDJSON, the text where it was another; undefined where there was none. */
  body: never;
}

export type Call = (method: string, path: string, options?: CallOptions) => Promise<Answer>;

/** A client of the API at `origin`, which holds every answer against the contract: our own where no other is given. */
export function createClient(
  origin: string,
  defaultToken?: string,
  contract: ContractCheck = sharedContractCheck(),
): Call {
  return async (method, path, { token = defaultToken, body, contentType, headers = {} } = {}) => {
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': contentType ?? 'application/json' }),
        ...headers,
      },
      body: contentOf(body, contentType),
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
    const isJson = /^application\/(?:.*\+)?json\b/.test(answeredType ?? '');
    const parsed = text === '' ? undefined : isJson ? (JSON.parse(text) as unknown) : text;
    check(parsed);
    return { status: response.status, headers: response.headers, body: parsed as never };
  };
}

/** What a form is sent as. */
export const FORM_TYPE = 'application/x-www-form-urlencoded';

function contentOf(body: unknown, contentType: string | undefined): string | undefined {
  if (contentType === FORM_TYPE && typeof body === 'object')
    return new URLSearchParams(body as Record<string, string>).toString();
  return body === undefined || contentType !== undefined
    ? (body as string | undefined)
    : JSON.stringify(body);
}
