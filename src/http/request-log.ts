import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { HttpMetrics } from './metrics';
import { operationOf } from './contract';
import { describeError } from './describe-error';
import { statusOf } from './problems';
import { contextOf } from './request-context';

/** One line and one observation a request. Neither paths, queries, bodies nor tokens are logged (I7). */
export function requestLog(log: Logger, metrics: HttpMetrics): RequestHandler {
  return (request, response, next) => {
    const context = contextOf(request);
    response.once('close', () => {
      const ms = performance.now() - context.startedAt;
      const operation = operationOf(request)?.operationId ?? 'none';
      const { errorCode } = context;
      // An answer that we had to break off, or a caller who went away.
      const unfinished = errorCode === undefined ? 499 : statusOf(errorCode);
      const status = response.writableFinished ? response.statusCode : unfinished;
      metrics.observe(operation, request.method, status, ms / 1000);
      const line = {
        requestId: context.requestId,
        operation,
        method: request.method,
        status,
        ms: Math.round(ms * 100) / 100,
        clientId: context.caller?.clientId,
        code: errorCode,
      };
      if (status >= 500) log.error({ ...line, error: describeError(context.failure) }, 'request');
      else log.info(line, 'request');
    });
    next();
  };
}
