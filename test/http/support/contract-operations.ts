import type { ContractDocument } from '../../../src/http/contract';
import type { OperationId } from '../../../src/http/handlers';
import { NDJSON } from '../../../src/http/ndjson';

type Json = Record<string, unknown>;

/** An operation of the contract, as a test wants it: with its examples, references resolved. */
export interface ContractOperation {
  operationId: OperationId;
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  template: string;
  /** The template with the examples of the path's and of the required query parameters put in. */
  path: string;
  /** The names of its parameters. */
  parameters: string[];
  /** All that it names. */
  scopes: string[];
  /** The sets of scopes each of which is enough. */
  alternatives: string[][];
  statuses: string[];
  takesBody: boolean;
  /** Whether it is there to change something; its refusals are recorded. */
  changes: boolean;
  /** The example of the first media type that the operation takes. */
  requestExample: unknown;
  /** Where it is no JSON. */
  requestType: string | undefined;
  /** What its body may hold. */
  maxBodyBytes: number;
  /** What its handler answers where nobody says otherwise: the contract's own example. */
  success: { status: number; body?: unknown; ndjson?: AsyncIterable<unknown> };
  responses: Record<string, { contentType?: string; schema?: Json; example?: unknown; headers: string[] }>;
}

/** Follows a `$ref` of the contract. */
export function resolve(document: ContractDocument, node: unknown): Json {
  const reference = (node as Json | undefined)?.$ref;
  if (typeof reference !== 'string') return (node ?? {}) as Json;
  const keys = reference.slice(2).split('/');
  return resolve(
    document,
    keys.reduce<unknown>((at, key) => (at as Json)[key], document),
  );
}

export function operationsOf(document: ContractDocument): ContractOperation[] {
  return Object.entries(document.paths ?? {}).flatMap(([template, item]) =>
    Object.entries(item as Record<string, Json>).map(([method, operation]) =>
      toOperation(document, template, method as ContractOperation['method'], operation),
    ),
  );
}

function toOperation(
  document: ContractDocument,
  template: string,
  method: ContractOperation['method'],
  operation: Json,
): ContractOperation {
  const parameters = ((operation.parameters ?? []) as unknown[]).map((one) => resolve(document, one));
  const inPath = parameters.filter((parameter) => parameter.in === 'path');
  const inQuery = parameters.filter((parameter) => parameter.in === 'query' && parameter.required === true);
  const query = inQuery.map(({ name, example }) => `${String(name)}=${encodeURIComponent(String(example))}`);
  const path = inPath.reduce<string>(
    (text, { name, example }) => text.replace(`{${String(name)}}`, encodeURIComponent(String(example))),
    template,
  );
  const responses = Object.fromEntries(
    Object.entries(operation.responses as Json).map(([status, node]) => {
      const response = resolve(document, node);
      const [[contentType, media] = []] = Object.entries((response.content ?? {}) as Record<string, Json>);
      const headers = Object.keys(response.headers ?? {});
      return [status, { contentType, schema: media?.schema as Json, example: media?.example, headers }];
    }),
  );
  // Block and unblock answer 204 unless they are asked for the receipt.
  const [success = '204'] = Object.keys(responses)
    .filter((status) => status.startsWith('2'))
    .reverse();
  const { example, contentType } = responses[success] ?? {};
  const answered = contentType === NDJSON ? { ndjson: lineOf(example) } : { body: example };
  const bodies = (resolve(document, operation.requestBody).content ?? {}) as Record<string, Json>;
  const [requestType, body] = Object.entries(bodies)[0] ?? [];
  const alternatives = (operation.security as { systemToken: string[] }[]).map(
    ({ systemToken }) => systemToken,
  );
  return {
    operationId: operation.operationId as OperationId,
    method,
    template,
    path: query.length === 0 ? path : `${path}?${query.join('&')}`,
    parameters: parameters.map(({ name }) => String(name)),
    scopes: alternatives.flat(),
    alternatives,
    statuses: Object.keys(responses),
    takesBody: body !== undefined,
    changes: method !== 'get' && operation['x-changes-nothing'] !== true,
    requestExample: body?.example,
    requestType: requestType === 'application/json' ? undefined : requestType,
    success: { status: Number(success), ...(example === undefined ? {} : answered) },
    maxBodyBytes: Number(operation['x-max-body-bytes'] ?? 65_536),
    responses,
  };
}

/** May be read as often as it is answered. */
const lineOf = (line: unknown): AsyncIterable<unknown> => ({
  async *[Symbol.asyncIterator]() {
    yield await Promise.resolve(line);
  },
});
