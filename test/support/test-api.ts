import pino, { type DestinationStream } from 'pino';
import { createApp } from '../../src/app';
import { type ApiConfig, loadConfig } from '../../src/config';
import type { Clock } from '../../src/database/sql';
import { createProbes } from '../../src/http/health';
import { createRegistry } from '../../src/http/metrics';
import { listen } from '../../src/http/server';
import { type ApiServices, createApiServices } from '../../src/services/api';
import { NameError, type ResolveName } from '../../src/outbound/resolve-name';
import { type Call, createClient } from './http-client';
import { createTestDatabase, type TestDatabase } from './test-database';
import { testEnvironment } from './test-environment';
import { startTestIssuer, type TestIssuer } from './test-issuer';

export interface TestApi {
  url: string;
  /** With the token of a client that has `system_api`, where no other is given. */
  call: Call;
  issuer: TestIssuer;
  services: ApiServices;
  database: TestDatabase;
  config: ApiConfig;
  /** Moves the database's time for this API. */
  clock: Clock;
  close(): Promise<void>;
}

/** The environment of a process under test, all but its own ports. */
export function processEnvironment(databaseUrl: string, issuer: TestIssuer): NodeJS.ProcessEnv {
  return {
    NODE_ENV: 'test',
    LOG_LEVEL: 'warn',
    DATABASE_URL: databaseUrl,
    REDIS_URL: testEnvironment().redisUrl,
    QUEUE_PREFIX: queuePrefix(databaseUrl),
    ENCRYPTION_KEYS: issuer.encryptionKeys,
    AUDIT_KEY: issuer.auditKey,
    HOST: '127.0.0.1',
    ISSUER: issuer.issuer,
    AUDIENCE: issuer.audience,
    PUBLIC_URL: 'https://portcullis.test',
    SSF_RECEIVERS: '*',
    SMTP_URL: 'smtp://127.0.0.1:1',
    MAIL_FROM: 'Portcullis <no-reply@portcullis.test>',
    WEBHOOK_ALLOWED_NETWORKS: '127.0.0.1/32',
    // Each answer is held against the contract by the client of the tests (`contract-check.ts`), apart from the validator that
    // would compile the whole contract for each of them.
    VALIDATE_RESPONSES: 'false',
    // One client sends everything, as fast as it can; what tests the limits sets others.
    RATE_LIMIT_DEFAULT: '1000000',
    RATE_LIMIT_SESSIONS: '1000000',
    RATE_LIMIT_REVOCATIONS: '1000000',
    RATE_LIMIT_COMETCHAT: '1000000',
    RATE_LIMIT_ZIM: '1000000',
  };
}

/** Databases have names of their own, so queues named after them do too. */
const queuePrefix = (databaseUrl: string): string =>
  /portcullis_test_\w+/.exec(databaseUrl)?.[0] ?? 'portcullis';

/** The contract's examples name `hooks.example.com`, which must be found without a network as well. */
const resolveName: ResolveName = (name) =>
  name.endsWith('.example.com')
    ? Promise.resolve(['93.184.215.14'])
    : Promise.reject(new NameError('ENOTFOUND'));

/**
 * The whole API in this process, on a database of its own, with a real OpenID provider; no worker.
 * @param logTo gets the lines of its log, which stand on the test's own output otherwise
 */
export async function startTestApi(
  environment: NodeJS.ProcessEnv = {},
  logTo?: DestinationStream,
): Promise<TestApi> {
  const [database, issuer] = await Promise.all([createTestDatabase(), startTestIssuer()]);
  const token = await issuer.tokenFor('admin');
  const config = loadConfig('api', { ...processEnvironment(database.url, issuer), ...environment });
  const log = logTo ? pino({ level: config.LOG_LEVEL }, logTo) : pino({ level: config.LOG_LEVEL });
  const clock: Clock = { shiftMs: 0 };
  const services = await createApiServices(config, log, clock, resolveName);
  const registry = createRegistry();
  const probes = createProbes(services.checks, registry);
  const server = await listen(createApp({ config, services, log, registry, probes }), 0, config.HOST);
  const url = `http://127.0.0.1:${server.port}`;
  return {
    url,
    call: createClient(url, token),
    issuer,
    services,
    database,
    config,
    clock,
    async close() {
      services.stopWaiting();
      await server.drain(1_000);
      await services.close();
      await issuer.close();
      await database.drop();
    },
  };
}
