import type { RequestHandler } from 'express';
import { operationOf } from '../../http/contract';
import type { RateLimits } from '../../http/rate-limits/rate-limits';
import { contextOf } from '../../http/request-context';
import { ZimRefusal } from './return-codes';

/** The vendor limits each action of each app by itself. It is asked before a nonce is spent, so that a call can be repeated. */
export const limitCalls =
  (limits: Pick<RateLimits, 'take'>): RequestHandler =>
  (request, _response, next) => {
    const { caller } = contextOf(request);
    const counted = `${operationOf(request)?.operationId ?? ''} ${caller?.clientId ?? ''}`;
    if (limits.take('zim', counted)?.allowed === false) throw new ZimRefusal('tooManyCalls');
    next();
  };
