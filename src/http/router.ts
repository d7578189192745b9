import type { Request, RequestHandler } from 'express';
import { DomainError } from '../errors';
import { type ContractDocument, operationOf, pathParametersOf } from './contract';
import { parseIfMatch } from './etag';
import type { Answer, Handlers, OperationId } from './handlers';
import type { Idempotency, KeyedRequest } from './idempotency/idempotency';
import { identify } from './idempotency/request-identity';
import { sendNdjson } from './ndjson';
import { contextOf } from './request-context';

type AnyHandler = (request: unknown) => Promise<Answer>;

/**
 * Hands each request to the handler that bears its operation's name.
 * @throws at start, where an operation has no handler or a handler no operation
 */
export function createRouter(
  document: ContractDocument,
  handlers: Handlers,
  idempotency: Idempotency,
): RequestHandler {
  const described = operationsOf(document);
  assertComplete(
    described.map(({ operationId }) => operationId),
    Object.keys(handlers),
  );
  const takesKey = operationsTaking(described, 'IdempotencyKey');
  const takesIfMatch = operationsTaking(described, 'IfMatch');
  return async (request, response) => {
    const operationId = operationOf(request)?.operationId as OperationId;
    // The contract has checked the request, so it is of the handler's type; TypeScript cannot follow that.
    const handler = handlers[operationId] as AnyHandler;
    const ifMatch = takesIfMatch.has(operationId) ? request.get('if-match') : undefined;
    const given = { ...toOperationRequest(request), ifMatch: parseIfMatch(ifMatch) };
    const keyed = takesKey.has(operationId) ? await toKeyedRequest(request, given) : null;
    const answer = await idempotency.answer(keyed, (kept) => handler({ ...given, kept }));
    response.status(answer.status);
    for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
    if (answer.ndjson) await sendNdjson(response, answer.ndjson);
    else if ('body' in answer) response.json(answer.body);
    else response.end();
  };
}

/** What the router reads of an operation in the contract. */
interface DescribedOperation {
  operationId: string;
  parameters?: { $ref?: string }[];
}

function operationsOf(document: ContractDocument): DescribedOperation[] {
  const items = Object.values(document.paths ?? {}) as Record<string, Partial<DescribedOperation>>[];
  return items.flatMap((item) =>
    Object.values(item).flatMap(({ operationId, parameters }) =>
      operationId === undefined ? [] : [{ operationId, parameters }],
    ),
  );
}

const operationsTaking = (operations: readonly DescribedOperation[], parameter: string): Set<string> =>
  new Set(
    operations
      .filter(({ parameters }) =>
        parameters?.some(({ $ref }) => $ref === `#/components/parameters/${parameter}`),
      )
      .map(({ operationId }) => operationId),
  );

function assertComplete(operations: readonly string[], handlers: readonly string[]): void {
  const faults = [
    ...operations.filter((id) => !handlers.includes(id)).map((id) => `the operation ${id} has no handler`),
    ...handlers.filter((id) => !operations.includes(id)).map((id) => `the handler ${id} has no operation`),
  ];
  if (faults.length > 0) throw new Error(`openapi.yaml and the handlers do not match: ${faults.join('; ')}`);
}

function toOperationRequest(request: Request) {
  const { caller, upload } = contextOf(request);
  // Every operation names a scope; one without would be a fault of the contract, not of the caller.
  if (!caller) throw new Error('an operation was reached without a token');
  const { userId, ...path } = pathParametersOf(request);
  return {
    path: userId === undefined ? path : { ...path, userId: toUserId(userId) },
    query: request.query,
    body: upload ?? (request.body as unknown),
    prefer: request.get('prefer'),
    caller,
  };
}

/** null where the request has no key. */
async function toKeyedRequest(
  request: Request,
  { path, query, body, caller }: ReturnType<typeof toOperationRequest>,
): Promise<KeyedRequest | null> {
  const key = request.get('idempotency-key');
  if (key === undefined) return null;
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
    userId: 'userId' in path && typeof path.userId === 'number' ? path.userId : null,
  };
}

/** The contract's pattern bounds the digits; the last of the 16-digit numbers are beyond what JSON can carry. */
function toUserId(text: string): number {
  const id = Number(text);
  if (Number.isSafeInteger(id)) return id;
  throw new DomainError('request.invalid', 'The user id is too large.', {
    fields: [{ pointer: '/path/userId', detail: 'must be at most 9007199254740991' }],
  });
}
