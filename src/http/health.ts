import type { RequestListener } from 'node:http';
import express from 'express';
import type { Registry } from 'prom-client';
import { newUuid } from '../database/uuid';
import { DomainError } from '../errors';
import { toProblem } from './problems';

/** A part that the process leans on. */
export interface ReadinessCheck {
  name: string;
  /** Whether the process can do nothing useful without it: 503. Otherwise it is merely degraded, with 200. */
  required: boolean;
  /** Rejects where the part does not answer. */
  check: () => Promise<void>;
}

const CHECK_TIMEOUT_MS = 2_000;

/** `/healthz` (the process runs), `/readyz` (it can do its work), `/metrics` (Prometheus). */
export function createProbes(checks: readonly ReadinessCheck[], registry: Registry): express.Router {
  const router = express.Router();
  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  router.get('/readyz', async (_request, response) => {
    const results = await Promise.all(
      checks.map(async ({ name, check, required }) => ({ name, required, up: await answers(check) })),
    );
    const failed = results.some(({ required, up }) => required && !up);
    const degraded = results.some(({ up }) => !up);
    response.status(failed ? 503 : 200).json({
      status: failed ? 'unavailable' : degraded ? 'degraded' : 'ok',
      checks: Object.fromEntries(results.map(({ name, up }) => [name, up ? 'up' : 'down'])),
    });
  });
  router.get('/metrics', async (_request, response) => {
    response.setHeader('Content-Type', registry.contentType);
    response.end(await registry.metrics());
  });
  return router;
}

/** What a process answers while it waits for its database: its probes, where they are here, and to come back. */
export function createStartingApp(probes: express.Router | null): RequestListener {
  const app = express().disable('x-powered-by');
  if (probes) app.use(probes);
  app.use((_request, response) => {
    const refusal = new DomainError(
      'service.busy',
      'The service is starting. Nothing was changed; try again.',
    );
    response.status(503).setHeader('Retry-After', 1);
    response.type('application/problem+json').end(JSON.stringify(toProblem(refusal, newUuid())));
  });
  return app as RequestListener;
}

/** Stands for the checks of the services until there are any. */
export const notStarted: ReadinessCheck = {
  name: 'database',
  required: true,
  check: () => Promise.reject(new Error('the process has not started yet')),
};

/** The probes on a port of their own. */
export function createProbeApp(probes: express.Router): RequestListener {
  const app = express().disable('x-powered-by');
  app.use(probes);
  return app as RequestListener;
}

async function answers(check: () => Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), CHECK_TIMEOUT_MS);
  });
  const inTime = Promise.resolve()
    .then(check)
    .then(
      () => true,
      () => false,
    );
  return Promise.race([inTime, late]).finally(() => clearTimeout(timer));
}
