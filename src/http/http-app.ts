import express, { type Express, type Router } from 'express';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { loadContract } from './contract';
import { contractChain } from './contract-chain';
import { createDocs } from './docs';
import { errorHandler } from './error-handler';
import type { Handlers } from './handlers';
import type { Idempotency } from './idempotency/idempotency';
import { createHttpMetrics } from './metrics';
import type { RateLimits } from './rate-limits/rate-limits';
import { type RecordRefusal, recordRefusals } from './record-refusals';
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
}: HttpAppOptions): Express {
  const document = loadContract();
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('strict routing').enable('case sensitive routing');
  app.set('query parser', 'simple');
  app.set('trust proxy', [...trustedProxies]);
  if (probes) app.use(probes);
  app.use(requestId, requestLog(log, createHttpMetrics(registry)));
  app.use(createDocs(document));
  app.use(
    ...contractChain(document, verify, rateLimits, validateResponses),
    createRouter(document, handlers, idempotency),
  );
  app.use(recordRefusals(recordRefusal, log), errorHandler);
  return app;
}
