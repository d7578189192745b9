import type { Request } from 'express';
import type { DomainError, ErrorCode } from '../errors';
import type { Caller } from './caller';
import type { TokenHolder } from './token-verifier';
import type { Upload } from './upload';

/** What the middlewares tell each other about a request. */
export interface RequestContext {
  requestId: string;
  startedAt: number;
  /** Whose token it is, as soon as that is known. */
  holder?: Promise<TokenHolder>;
  caller?: Caller;
  /** Why authentication refused: the contract's validator passes on no more than a status. */
  refusal?: DomainError;
  /** The body of an operation that reads it as it comes. */
  upload?: Upload;
  /** For the log. */
  errorCode?: ErrorCode;
  /** The cause of a refusal or failure, for the log alone. */
  failure?: unknown;
}

const CONTEXT = Symbol('request context');

type RequestWithContext = Request & { [CONTEXT]?: RequestContext };

export const openContext = (request: RequestWithContext, context: RequestContext): void => {
  request[CONTEXT] = context;
};

/** @throws where `requestId` did not run first, a fault of the wiring. */
export function contextOf(request: RequestWithContext): RequestContext {
  const context = request[CONTEXT];
  if (!context) throw new Error('the request has no context: the request-id middleware must come first');
  return context;
}
