import { limitCalls } from '../../http/rate-limits/rate-limit';
import type { RateLimits } from '../../http/rate-limits/rate-limits';
import { contextOf } from '../../http/request-context';

/** The limit of each key, told in CometChat's headers. */
export const limitKeys = (limits: Pick<RateLimits, 'take'>) =>
  limitCalls((request, response) => {
    const { caller } = contextOf(request);
    const standing = caller && limits.take('cometchat', caller.clientId);
    if (!standing) return true;
    response.setHeader('X-Rate-Limit', standing.limit);
    response.setHeader('X-Rate-Limit-Remaining', standing.remaining);
    return standing.allowed;
  });
