import type { RequestListener } from 'node:http';
import { createApp } from './app';
import { loadConfig } from './config';
import {
  createProbeApp,
  createProbes,
  createStartingApp,
  notStarted,
  type ReadinessCheck,
} from './http/health';
import { createRegistry } from './http/metrics';
import { listen } from './http/server';
import { createLogger, type RunningProcess, runProcess, untilItSucceeds } from './process';
import { createApiServices } from './services/api';

/** Entry of the API process: listen, signals, drain. */
async function start(): Promise<RunningProcess> {
  const config = loadConfig('api', process.env);
  const log = createLogger('portcullis-api', config.LOG_LEVEL);
  const registry = createRegistry();
  const checks: ReadinessCheck[] = [notStarted];
  const probes = createProbes(checks, registry);
  // Before anything else: while the database is away the process lives and says that it is not ready, or it would be
  // killed and started again and again.
  let handle = createStartingApp(config.ADMIN_PORT === undefined ? probes : null);
  const server = await listen((request, response) => handle(request, response), config.PORT, config.HOST);
  const admin =
    config.ADMIN_PORT === undefined
      ? null
      : await listen(createProbeApp(probes), config.ADMIN_PORT, config.HOST);

  const open = () => createApiServices(config, log);
  const services = await untilItSucceeds(open, log, 'the API cannot start yet');
  checks.splice(0, checks.length, ...services.checks);
  handle = createApp({ config, services, log, registry, probes }) as RequestListener;
  log.info({ port: server.port, adminPort: admin?.port }, 'listening');

  return {
    log,
    async stop() {
      services.stopWaiting();
      await server.drain(config.SHUTDOWN_TIMEOUT * 1000);
      await admin?.drain(0);
      await services.close();
    },
  };
}

runProcess(start);
