import type { RequestHandler } from 'express';
import { DomainError } from '../../errors';
import { operationOf } from '../contract';
import { contextOf } from '../request-context';
import type { RateLimits } from './rate-limits';

/** Every window is a second, so that this is the longest that anybody has to wait. */
const WINDOW_SECONDS = 1;

/** Refuses what a client sends beyond its limit. It runs once the caller is known, and before the body is read. */
export const rateLimit =
  (limits: Pick<RateLimits, 'take'>): RequestHandler =>
  (request, response, next) => {
    const { caller } = contextOf(request);
    const limitClass = operationOf(request)?.['x-rate-limit-class'] ?? 'default';
    const standing = caller && limits.take(limitClass, caller.clientId);
    if (!standing) {
      next();
      return;
    }
    const { allowed, limit, remaining } = standing;
    // draft-ietf-httpapi-ratelimit-headers-11, sections 3 and 4.
    response.setHeader('RateLimit-Policy', `"${limitClass}";q=${limit};w=${WINDOW_SECONDS}`);
    response.setHeader('RateLimit', `"${limitClass}";r=${remaining};t=${WINDOW_SECONDS}`);
    if (!allowed) throw tooMany();
    next();
  };

const tooMany = () =>
  new DomainError('rate_limit.exceeded', 'You have sent more requests in this second than you have.', {
    retryAfterSeconds: WINDOW_SECONDS,
  });
