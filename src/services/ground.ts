import type { Logger } from 'pino';
import type { ApiConfig, WorkerConfig } from '../config';
import { createDataSource, engineOf } from '../database/data-source';
import { createDatabase, type Database } from '../database/database';
import { createEncryption } from '../database/encryption';
import { createKeyring, type Keyring } from '../database/keyring';
import type { Clock } from '../database/sql';
import { createOutbox, type Outbox } from '../events/outbox';
import { forgetEnqueued } from '../events/relay';
import type { ReadinessCheck } from '../http/health';
import { createJobQueues } from '../queues/job-queues';
import type { QueueStoreOptions } from '../queues/queue-store';
import type { JobQueues } from '../queues/queues';
import { channels, entities } from '../registrations';
import type { Transmitter } from '../security-events/security-event-token';
import { createSigningKeys, type SigningKeys } from '../signing-keys/signing-keys';
import { openWakeups } from '../wakeups/open-wakeups';
import type { Wakeups } from '../wakeups/wakeups';

/** What both processes stand on. */
export interface Ground {
  database: Database;
  keyring: Keyring;
  signingKeys: SigningKeys;
  queues: JobQueues;
  wakeups: Wakeups;
  checks: ReadinessCheck[];
}

export async function openGround(
  config: ApiConfig | WorkerConfig,
  log: Logger,
  clock?: Clock,
): Promise<Ground> {
  const databaseUrl = config.DATABASE_URL;
  const dataSource = createDataSource({ databaseUrl, poolSize: config.DATABASE_POOL_SIZE, entities });
  await dataSource.initialize();
  const keyring = createKeyring(createEncryption(config.ENCRYPTION_KEYS), config.AUDIT_KEY);
  const wakeups = openWakeups(queueStoreOf(config), log);
  const database = createDatabase(dataSource, engineOf(databaseUrl), clock, keyring, (topic) =>
    wakeups.announce(topic),
  );
  const signingKeys = createSigningKeys(database, keyring.encryption, wakeups);
  const queues = createJobQueues(queueStoreOf(config), log);
  const checks = [
    { name: 'database', required: true, check: () => database.ping() },
    { name: 'queue', required: false, check: () => queues.ping() },
  ];
  return { database, keyring, signingKeys, queues, wakeups, checks };
}

export const outboxOf = ({ database, queues }: Ground, log: Logger): Outbox =>
  createOutbox({
    channels,
    queues,
    async onQueueAway(deliveries, error) {
      log.warn(
        { err: error, deliveries: deliveries.length },
        'the queue did not take deliveries; the relay will',
      );
      await database.query(forgetEnqueued(deliveries.map(({ id }) => id))).catch(() => undefined);
    },
  });

export const transmitterOf = (config: ApiConfig | WorkerConfig): Transmitter => ({
  issuer: config.PUBLIC_URL,
  subjectIssuer: config.ISSUER,
  tellsReasonAdmin: config.SSF_REASON_ADMIN,
});

export const queueStoreOf = (config: ApiConfig | WorkerConfig): QueueStoreOptions => ({
  databaseUrl: config.DATABASE_URL,
  redisUrl: config.REDIS_URL,
  prefix: config.QUEUE_PREFIX,
});
