import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { DomainError } from '../../errors';
import type { Caller } from '../caller';
import { operationOf } from '../contract';
import { contextOf } from '../request-context';
import type { RateLimits } from './rate-limits';

/** Every window is a second, so that this is the longest that anybody has to wait. */
const WINDOW_SECONDS = 1;

type Limiter = Pick<RateLimits, 'take'>;

/** Refuses what a client sends beyond its limit. It runs once the caller is known, and before the body is read. */
export const rateLimit =
  (limits: Limiter): RequestHandler =>
  (request, response, next) => {
    if (!isAllowed(limits, request, response)) throw tooMany();
    next();
  };

/**
 * The same for what the token does not allow: each such attempt is recorded, so that whoever has any token of the issuer
 * could fill the audit trail otherwise.
 */
export const rateLimitRefused =
  (limits: Limiter): ErrorRequestHandler =>
  (error, request, response, next) => {
    if (isAllowed(limits, request, response)) {
      next(error);
      return;
    }
    const refusal = tooMany();
    contextOf(request).refusal = refusal;
    next(refusal);
  };

function isAllowed(limits: Limiter, request: Request, response: Response): boolean {
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
