import { type ErrorRequestHandler, type Request, type RequestHandler, Router } from 'express';
import type { Logger } from 'pino';
import type { DomainError } from '../errors';
import { assertComplete, sendAnswer } from '../http/answer';
import type { Caller } from '../http/caller';
import { type ContractDocument, operationOf, pathParametersOf } from '../http/contract';
import { contractChain } from '../http/contract-chain';
import { allowOthers, noteRefusal, nothingThere } from '../http/error-handler';
import type { Answer, Keeping } from '../http/handlers';
import type { Idempotency } from '../http/idempotency/idempotency';
import { createReadKey } from '../http/idempotency/read-key';
import { type RecordRefusal, recordRefusals } from '../http/record-refusals';
import { createRequestBody } from '../http/request-body';
import { contextOf } from '../http/request-context';

/** The use cases of Portcullis, spoken in another vendor's API: mounted before the native one. */
export interface Dialect {
  /** In addresses: `/docs/<name>`. */
  name: string;
  document: ContractDocument;
  routes: Router;
}

/** What every dialect is given. */
export interface DialectGround {
  validateResponses: boolean;
  recordRefusal: RecordRefusal;
  idempotency: Idempotency;
  log: Logger;
}

/** Whether the request's credentials allow it; false where they do not, and why stands in the request's context. */
export type Authenticate = (request: Request, scopes: readonly string[]) => Promise<boolean>;

export interface DialectParts {
  name: string;
  document: ContractDocument;
  /** What leads a request to its path, where the vendor has other ways than a path. */
  before?: readonly RequestHandler[];
  /** By the name of the contract's security scheme. Each lets the caller stand in the request's context. */
  security: Record<string, Authenticate>;
  /** Run once the caller is known, or refused, and before the body is read. */
  limits?: readonly (RequestHandler | ErrorRequestHandler)[];
  /** One for each operation of the contract, by its operationId. */
  handlers: Record<string, DialectHandler>;
  /** What the vendor's clients expect in place of a problem document; where absent, that is what they get. */
  refuse?: Refuse;
  /** Where nobody else has anything: what is not in the contract is refused in the vendor's shape, too. */
  owns?: (path: string) => boolean;
}

type Refuse = (refusal: DomainError, request: Request) => Answer;

/** A request that the dialect's contract has accepted. */
export interface DialectRequest<Operation = AnyOperation> {
  path: ParametersOf<Operation, 'path'>;
  query: ParametersOf<Operation, 'query'>;
  body: BodyOf<Operation>;
  caller: Caller;
  /** For an operation whose contract takes an `Idempotency-Key`. */
  kept: Keeping<Answer>;
}

interface AnyOperation {
  parameters: { path: never; query: never };
  requestBody: never;
  responses: never;
}

type ParametersOf<Operation, In extends string> = Operation extends { parameters: infer Parameters }
  ? In extends keyof Parameters
    ? NonNullable<Parameters[In]>
    : Record<never, never>
  : Record<never, never>;

type BodyOf<Operation> = Operation extends { requestBody: { content: { 'application/json': infer Body } } }
  ? Body
  : Operation extends { requestBody?: { content: { 'application/json': infer Body } } }
    ? Body | undefined
    : undefined;

type DialectHandler = (request: DialectRequest) => Promise<Answer>;

/** The handlers of a contract, typed by what is generated from it. */
export type DialectHandlers<Operations> = {
  [Id in keyof Operations]: (request: DialectRequest<Operations[Id]>) => Promise<Answer>;
};

/**
 * Makes a dialect of a contract and its handlers: requests go through the same chain as native ones, and every refusal is
 * recorded alike. Only the credentials, the handlers and the shape of an error are the vendor's.
 * @throws where an operation has no handler or a handler no operation
 */
export function createDialect(parts: DialectParts, ground: DialectGround): Dialect {
  const { name, document, before = [], security, limits = [], handlers, refuse, owns } = parts;
  assertComplete(document, handlers);
  const routes = Router();
  const chain = contractChain({
    document,
    security,
    beforeBody: [...limits, createRequestBody()],
    validateResponses: ground.validateResponses,
    answer: answerWith(document, handlers, ground.idempotency),
  });
  routes.use(...before, chain);
  if (owns) routes.use(refuseUnknown(owns));
  if (refuse) routes.use(recordRefusals(ground.recordRefusal, ground.log), refuseIn(refuse));
  return { name, document, routes };
}

function answerWith(
  document: ContractDocument,
  handlers: Record<string, DialectHandler>,
  idempotency: Idempotency,
): RequestHandler {
  const readKey = createReadKey(document);
  return async (request, response) => {
    const handler = handlers[operationOf(request)?.operationId ?? ''];
    const { caller } = contextOf(request);
    if (!handler || !caller) throw new Error('an operation of a dialect was reached without a caller');
    const given = {
      path: pathParametersOf(request),
      query: request.query,
      body: request.body as unknown,
      caller,
    };
    const keyed = await readKey(request, given);
    // The contract has checked them, so they are of the handler's types; TypeScript cannot follow that.
    const answer = await idempotency.answer(keyed, (kept) =>
      handler({ ...given, kept } as unknown as DialectRequest),
    );
    await sendAnswer(response, answer);
  };
}

const refuseUnknown =
  (owns: (path: string) => boolean): RequestHandler =>
  (request, _response, next) => {
    if (owns(request.path)) throw nothingThere();
    next();
  };

/** The vendor's error, as `error-handler.ts` answers ours. */
const refuseIn =
  (refuse: Refuse): ErrorRequestHandler =>
  async (error: unknown, request, response, next) => {
    const refusal = noteRefusal(error, request);
    if (response.headersSent) {
      next(error);
      return;
    }
    allowOthers(error, response);
    await sendAnswer(response, refuse(refusal, request));
  };
