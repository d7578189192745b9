import type { ErrorRequestHandler, NextFunction, Request, RequestHandler, Response } from 'express';
import { DomainError } from '../../errors';
import { forgetRefusal } from '../authentication';
import type { Caller } from '../caller';
import { operationOf } from '../contract';
import { contextOf } from '../request-context';
import type { RateLimits } from './rate-limits';

/** Every window is a second, so that this is the longest that anybody has to wait. */
export const WINDOW_SECONDS = 1;

/** Counts a call, tells in headers what is left, and says whether it may go on. */
type IsAllowed = (request: Request, response: Response) => boolean;

/**
 * The steps that refuse what is beyond a limit. They run once the caller is known, and before the body is read. What the
 * credentials do not allow counts, too: each such attempt is recorded, so that whoever has any could fill the audit trail otherwise.
 */
export const limitCalls = (isAllowed: IsAllowed): (ErrorRequestHandler | RequestHandler)[] => [
  (error: unknown, request: Request, response: Response, next: NextFunction) => {
    if (isAllowed(request, response)) {
      next(error);
      return;
    }
    const refusal = tooMany();
    contextOf(request).refusal = refusal;
    next(refusal);
  },
  forgetRefusal,
  (request: Request, response: Response, next: NextFunction) => {
    if (!isAllowed(request, response)) throw tooMany();
    next();
  },
];

/** The limits of our own API: of a client, by the class of the operation. */
export const limitClients = (limits: Pick<RateLimits, 'take'>): (ErrorRequestHandler | RequestHandler)[] =>
  limitCalls((request, response) => isAllowed(limits, request, response));

function isAllowed(limits: Pick<RateLimits, 'take'>, request: Request, response: Response): boolean {
  const { caller } = contextOf(request);
  const limitClass = operationOf(request)?.['x-rate-limit-class'] ?? 'default';
  const standing = caller && limits.take(limitClass, countedAs(caller));
  if (!standing) return true;
  const { allowed, limit, remaining } = standing;
  // draft-ietf-httpapi-ratelimit-headers-11, sections 3 and 4.
  response.setHeader('RateLimit-Policy', `"${limitClass}";q=${limit};w=${WINDOW_SECONDS}`);
  response.setHeader('RateLimit', `"${limitClass}";r=${remaining};t=${WINDOW_SECONDS}`);
  return allowed;
}

/** The users of a client are counted together, and apart from it: they must not use up what it has. */
const countedAs = ({ kind, clientId }: Caller): string =>
  kind === 'client' ? clientId : `users of ${clientId}`;

const tooMany = () =>
  new DomainError(
    'rate_limit.exceeded',
    'This client has used up its requests of this second. Send the next ones later.',
    {
      retryAfterSeconds: WINDOW_SECONDS,
    },
  );
