import type { Request } from 'express';
import type { DomainError, ErrorCode } from '../errors';
import type { Caller } from './caller';

/** What the middlewares tell each other about a request. */
export interface RequestContext {
  requestId: string;
  startedAt: number;
  caller?: Caller;
  /** Why authentication refused: the contract's validator passes on no more than a status. */
  refusal?: DomainError;
  /** For the log. */
  errorCode?: ErrorCode;
}

const contexts = new WeakMap<Request, RequestContext>();

export const openContext = (request: Request, context: RequestContext): void => {
  contexts.set(request, context);
};

/** @throws where `requestId` did not run first, a fault of the wiring. */
export function contextOf(request: Request): RequestContext {
  const context = contexts.get(request);
  if (!context) throw new Error('the request has no context: the request-id middleware must come first');
  return context;
}
