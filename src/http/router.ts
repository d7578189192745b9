import type { Request, RequestHandler, Response } from 'express';
import { DomainError } from '../errors';
import { assertComplete, operationsTaking, sendAnswer } from './answer';
import { nobody } from './caller';
import { type ContractDocument, operationOf, pathParametersOf, takesNoToken } from './contract';
import { parseIfMatch } from './etag';
import { type Answer, type Handlers, type OperationId, USER_ID_NAMES } from './handlers';
import type { Idempotency } from './idempotency/idempotency';
import { createReadKey } from './idempotency/read-key';
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
  assertComplete(document, handlers);
  const readKey = createReadKey(document);
  const takesIfMatch = operationsTaking(document, 'IfMatch');
  return async (request, response) => {
    const operationId = operationOf(request)?.operationId as OperationId;
    // The contract has checked the request, so it is of the handler's type; TypeScript cannot follow that.
    const handler = handlers[operationId] as AnyHandler;
    const ifMatch = takesIfMatch.has(operationId) ? request.get('if-match') : undefined;
    const given = { ...toOperationRequest(request), ifMatch: parseIfMatch(ifMatch) };
    const keyed = await readKey(request, given);
    const gone = () => goneSignal(response);
    const answer = await idempotency.answer(keyed, (kept) => handler({ ...given, kept, gone }));
    await sendAnswer(response, answer);
  };
}

function goneSignal(response: Response): AbortSignal {
  const controller = new AbortController();
  if (response.closed) controller.abort();
  // An error with a stack is made for whoever aborts: not for each answer that was sent.
  else response.once('close', () => response.writableFinished || controller.abort());
  return controller.signal;
}

function toOperationRequest(request: Request) {
  const { requestId, upload, caller = nobody(requestId) } = contextOf(request);
  // An operation that names no scope says so; else it would be a fault of the contract, not of the caller.
  if (caller.kind === 'nobody' && !takesNoToken(request))
    throw new Error('an operation was reached without a token');
  return {
    path: withUserIds(pathParametersOf(request)),
    query: request.query,
    body: upload ?? (request.body as unknown),
    prefer: request.get('prefer'),
    accept: request.get('accept'),
    caller,
  };
}

function withUserIds(parameters: Readonly<Record<string, string>>): Record<string, string | number> {
  const path: Record<string, string | number> = { ...parameters };
  for (const name of USER_ID_NAMES) {
    const text = parameters[name];
    if (text !== undefined) path[name] = toUserId(name, text);
  }
  return path;
}

/** The contract's pattern bounds the digits; the last of the 16-digit numbers are beyond what JSON can carry. */
function toUserId(name: string, text: string): number {
  const id = Number(text);
  if (Number.isSafeInteger(id)) return id;
  throw new DomainError('request.invalid', 'The user id is too large.', {
    fields: [{ pointer: `/path/${name}`, detail: 'must be at most 9007199254740991' }],
  });
}
