import express, { type Express, type RequestHandler, type Router } from 'express';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { authenticateSystemToken } from './authentication';
import { loadContract } from './contract';
import { contractChain } from './contract-chain';
import { createDocs, type NamedContract } from './docs';
import { errorHandler, unknownPath } from './error-handler';
import type { Handlers } from './handlers';
import type { Idempotency } from './idempotency/idempotency';
import { createHttpMetrics } from './metrics';
import { limitClients } from './rate-limits/rate-limit';
import type { RateLimits } from './rate-limits/rate-limits';
import { type RecordRefusal, recordRefusals } from './record-refusals';
import { createRequestBody } from './request-body';
import { requestId } from './request-id';
import { requestLog } from './request-log';
import { createRouter } from './router';
import type { VerifyToken } from './token-verifier';

export interface HttpAppOptions {
  handlers: Handlers;
  verify: VerifyToken;
  idempotency: Idempotency;
  rateLimits: Pick<RateLimits, 'take'>;
  validateResponses: boolean;
  log: Logger;
  registry: Registry;
  /** Health and metrics, where they are served on the public port. */
  probes: Router | null;
  /** Networks (CIDR) of the proxies whose `X-Forwarded-For` is believed. */
  trustedProxies: readonly string[];
  recordRefusal: RecordRefusal;
  /** Other vendors' APIs, which are asked before ours. */
  dialects: readonly (NamedContract & { routes: RequestHandler })[];
}

/** The Express app of the contract. It never listens. */
export function createHttpApp({
  handlers,
  verify,
  idempotency,
  rateLimits,
  validateResponses,
  log,
  registry,
  probes,
  trustedProxies,
  recordRefusal,
  dialects,
}: HttpAppOptions): Express {
  const document = loadContract();
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('strict routing').enable('case sensitive routing');
  app.set('query parser', 'simple');
  app.set('trust proxy', [...trustedProxies]);
  if (probes) app.use(probes);
  app.use(requestId, requestLog(log, createHttpMetrics(registry)));
  app.use(createDocs(document, dialects), ...dialects.map(({ routes }) => routes));
  app.use(
    contractChain({
      document,
      security: { systemToken: authenticateSystemToken(verify) },
      beforeBody: [...limitClients(rateLimits), createRequestBody()],
      validateResponses,
      answer: createRouter(document, handlers, idempotency),
    }),
    unknownPath,
  );
  app.use(recordRefusals(recordRefusal, log), errorHandler);
  return app;
}
