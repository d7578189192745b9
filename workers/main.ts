import { loadConfig } from '../src/config';
import { startSweeper } from '../src/database/sweeper';
import { openDispatcher } from '../src/events/dispatch/open-dispatcher';
import { measureBacklog } from '../src/events/measure-backlog';
import { startRelay } from '../src/events/relay';
import { createProbeApp, createProbes, notStarted, type ReadinessCheck } from '../src/http/health';
import { createRegistry } from '../src/http/metrics';
import { listen } from '../src/http/server';
import { createLogger, type RunningProcess, runProcess, untilItSucceeds } from '../src/process';
import { queueOf } from '../src/registrations';
import { createWorkerServices } from '../src/services/worker';
import { createBacklogMetrics } from './backlog-metrics';
import { createDeliveryMetrics } from './delivery-metrics';
import { createExpiryMetrics } from './expiry-metrics';
import { startEmailsWorker } from './emails.worker';
import { startLogoutsWorker } from './logouts.worker';
import { createSweepMetrics } from './sweep-metrics';
import { startSecurityEventsWorker } from './security-events.worker';
import { startWebhooksWorker } from './webhooks.worker';

/**
 * Seconds before each attempt at a security event, the last of them again and again: while it is not told, somebody's
 * access goes on. A stream that fails is left alone besides (`stream-health.ts`).
 */
const STREAM_SCHEDULE = [0, 1, 5, 15, 60];

/** Entry of the worker process: consumes the queues and relays what is due. */
async function start(): Promise<RunningProcess> {
  const config = loadConfig('worker', process.env);
  const log = createLogger('portcullis-worker', config.LOG_LEVEL);
  const registry = createRegistry();
  const checks: ReadinessCheck[] = [notStarted];
  const probes = createProbes(checks, registry);
  // Before anything else: while the database is away the process lives and says that it is not ready, or it would be
  // killed and started again and again.
  const server = await listen(createProbeApp(probes), config.WORKER_PORT, config.HOST);
  log.info({ port: server.port }, 'listening');

  const open = () => createWorkerServices(config, log);
  const services = await untilItSucceeds(open, log, 'the worker cannot start yet');
  checks.splice(0, checks.length, ...services.checks);
  const { database, queues, queueStore } = services;
  const metrics = createDeliveryMetrics(registry, log);
  createBacklogMetrics(registry, () => measureBacklog(database), log);
  const dispatching = {
    schedule: config.DELIVERY_RETRY_SCHEDULE,
    concurrency: config.WORKER_CONCURRENCY,
    outbox: services.outbox,
    turns: services.turns,
    log,
  };
  const webhooks = openDispatcher(database, services.webhooks, {
    ...dispatching,
    oneReceiver: false,
    onAttempt: metrics.attempt('webhook'),
  });
  const emails = openDispatcher(database, services.emails, {
    ...dispatching,
    oneReceiver: true,
    onAttempt: metrics.attempt('email'),
  });
  const logouts = openDispatcher(database, services.logouts, {
    ...dispatching,
    oneReceiver: false,
    onAttempt: metrics.attempt('logout'),
  });
  const securityEvents = openDispatcher(database, services.securityEvents, {
    ...dispatching,
    schedule: STREAM_SCHEDULE,
    endless: true,
    oneReceiver: false,
    onAttempt: metrics.attempt('security_event'),
  });
  const workerOptions = { ...queueStore, concurrency: config.WORKER_CONCURRENCY };
  const workers = [
    startWebhooksWorker(webhooks.accept, workerOptions, log),
    startEmailsWorker(emails.accept, workerOptions, log),
    startLogoutsWorker(logouts.accept, workerOptions, log),
    startSecurityEventsWorker(securityEvents.accept, workerOptions, log),
  ];
  const pollings = [
    startRelay({ database, queues, queueOf, log, onRelayed: (count) => metrics.relayed(count) }),
    services.startExpiry(createExpiryMetrics(registry)),
    services.startSuspensionJobs(),
    services.startSkipping(),
    services.startEndpointSecretRenewal(),
    services.startAuthorizationRenewal(),
    services.startZimSecretRenewal(),
    services.startSettling(),
    services.startKeyRotation(),
    services.startStreamCare(),
    startSweeper({ database, sweeps: services.sweeps, log, onRemoved: createSweepMetrics(registry) }),
    services.startSealer(),
  ];

  return {
    log,
    async stop() {
      const deadline = setTimeout(() => {
        // What is under way keeps its lease; another worker retries it when that runs out.
        log.warn('the work under way did not end in time');
        process.exit(0);
      }, config.SHUTDOWN_TIMEOUT * 1000);
      await Promise.all(pollings.map((polling) => polling.stop()));
      // At the same time: a queue that is away must not keep what waits here from being given back.
      const dispatchers = [webhooks, emails, logouts, securityEvents];
      await Promise.all([...workers, ...dispatchers].map((part) => part.close()));
      await server.drain(0);
      await services.close();
      clearTimeout(deadline);
    },
  };
}

runProcess(start);
