import type { Request } from 'express';
import { operationsTaking } from '../answer';
import type { Caller } from '../caller';
import { type ContractDocument, operationOf } from '../contract';
import { contextOf } from '../request-context';
import type { KeyedRequest } from './idempotency';
import { identify } from './request-identity';

/** What a handler is given of a request. */
interface Given {
  path: Readonly<Record<string, unknown>>;
  query: unknown;
  body: unknown;
  caller: Caller;
}

/** Answers null where the request has no `Idempotency-Key`, or its operation takes none. */
export type ReadKey = (request: Request, given: Given) => Promise<KeyedRequest | null>;

/** An operation takes a key where its contract refers to the parameter `IdempotencyKey`. */
export function createReadKey(document: ContractDocument): ReadKey {
  const takesKey = operationsTaking(document, 'IdempotencyKey');
  return async (request, { path, query, body, caller }) => {
    const key = request.get('idempotency-key');
    if (key === undefined || !takesKey.has(operationOf(request)?.operationId ?? '')) return null;
    const identity = identify(caller.clientId, key, {
      method: request.method,
      path: request.path,
      query,
      body: (await contextOf(request).upload?.digest()) ?? body,
      prefer: request.get('prefer'),
      ifMatch: request.get('if-match'),
    });
    return {
      identity,
      requestId: caller.requestId,
      userId: typeof path.userId === 'number' ? path.userId : null,
    };
  };
}
