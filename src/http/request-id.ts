import type { RequestHandler } from 'express';
import { newUuid } from '../database/uuid';
import { openContext } from './request-context';

/** What a caller's own id may look like: it ends up in logs and in our answers. */
const ACCEPTABLE = /^[A-Za-z0-9._-]{1,64}$/;

/** Gives each request an id, the caller's own where it is sane, and answers it as `X-Request-Id`. */
export const requestId: RequestHandler = (request, response, next) => {
  const given = request.get('x-request-id');
  const id = given !== undefined && ACCEPTABLE.test(given) ? given : newUuid();
  openContext(request, { requestId: id, startedAt: performance.now() });
  response.setHeader('X-Request-Id', id);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  next();
};
