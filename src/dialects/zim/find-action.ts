import type { RequestHandler } from 'express';
import type { ContractDocument } from '../../http/contract';
import { contextOf } from '../../http/request-context';
import { newRequestId } from './answers';
import { ZimRefusal } from './return-codes';

/** Where the contract has the actions: OpenAPI cannot tell operations apart by a query. */
const ACTIONS = '/zim/';

/**
 * Leads a call from `/?Action=<action>` to the action's path in the contract. That path itself is nobody's: who asks for
 * it gets what there is besides this dialect, which is nothing.
 */
export function findAction(document: ContractDocument): RequestHandler {
  const paths = document.paths as Record<string, Record<string, unknown>>;
  const isAction = (path: string, method: string): boolean =>
    Object.hasOwn(paths, path) && Object.hasOwn(paths[path] ?? {}, method.toLowerCase());

  return (request, response, next) => {
    if (request.path.startsWith(ACTIONS)) {
      next('router');
      return;
    }
    if (request.path !== '/') {
      next();
      return;
    }
    const requestId = newRequestId();
    contextOf(request).requestId = requestId;
    response.setHeader('X-Request-Id', requestId);
    const action = request.query.Action;
    if (action === undefined || action === '') throw new ZimRefusal('actionEmpty');
    const path = typeof action === 'string' ? ACTIONS + action : '';
    if (!isAction(path, request.method)) throw new ZimRefusal('actionUnsupported');
    request.originalUrl = path + request.url.slice(request.url.indexOf('?'));
    // The vendor's documents name no content type, and clients send what their library does, or none: it is JSON all the same.
    request.headers['content-type'] = 'application/json';
    next();
  };
}
