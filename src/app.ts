import type { Express, Router } from 'express';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { ApiConfig } from './config';
import { createHttpApp } from './http/http-app';
import { BOARD_PATH } from './queues/board/queue-board';
import type { ApiServices } from './services/api';

export interface AppParts {
  config: ApiConfig;
  services: ApiServices;
  log: Logger;
  registry: Registry;
  probes: Router;
}

/** The API as an Express app. It never listens. */
export function createApp({ config, services, log, registry, probes }: AppParts): Express {
  // Where health and metrics are: off the public port, where there is another one.
  if (services.queueBoard) probes.use(BOARD_PATH, services.queueBoard.app);
  return createHttpApp({
    handlers: services.handlers,
    verify: services.verify,
    idempotency: services.idempotency,
    rateLimits: services.rateLimits,
    validateResponses: services.validateResponses,
    log,
    registry,
    trustedProxies: config.TRUSTED_PROXIES,
    recordRefusal: services.recordRefusal,
    dialects: services.dialects,
    probes: config.ADMIN_PORT === undefined ? probes : null,
  });
}
