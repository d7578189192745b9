import { createApp } from './app';
import { loadConfig } from './config';
import { createProbeApp, createProbes } from './http/health';
import { createRegistry } from './http/metrics';
import { listen } from './http/server';
import { createLogger, type RunningProcess, runProcess, untilItSucceeds } from './process';
import { createApiServices } from './services';

/** Entry of the API process: listen, signals, drain. */
async function start(): Promise<RunningProcess> {
  const config = loadConfig('api', process.env);
  const log = createLogger('portcullis-api', config.LOG_LEVEL);
  const open = () => createApiServices(config, log);
  const services = await untilItSucceeds(open, log, 'the API cannot start yet');
  const registry = createRegistry();
  const probes = createProbes(services.checks, registry);
  const app = createApp({ config, services, log, registry, probes });
  const server = await listen(app, config.PORT, config.HOST);
  const admin =
    config.ADMIN_PORT === undefined
      ? null
      : await listen(createProbeApp(probes), config.ADMIN_PORT, config.HOST);
  log.info({ port: server.port, adminPort: admin?.port }, 'listening');

  return {
    log,
    async stop() {
      await server.drain(config.SHUTDOWN_TIMEOUT * 1000);
      await admin?.drain(0);
      await services.close();
    },
  };
}

runProcess(start);
