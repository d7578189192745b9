import type { Logger } from 'pino';
import { createCreateSession } from './access/create-session';
import { createFenceRoutes } from './access/fence.routes';
import { createImportSessions } from './access/import-sessions';
import { createRaiseFence } from './access/raise-fence';
import { createRevokeSession } from './access/revoke-session';
import { createRevokeSessions } from './access/revoke-sessions';
import { lastSignIn } from './access/session-queries';
import { createSessionsRoutes } from './access/sessions.routes';
import { createSignIn } from './access/sign-in';
import { createTouchSession } from './access/touch-session';
import { createAccountsRoutes } from './accounts/accounts.routes';
import { createAnonymiseUser } from './accounts/anonymise-user';
import { type AccountUseCase, createChangeAccount } from './accounts/change-account';
import { deactivateUser } from './accounts/deactivate-user';
import { createEraseUser } from './accounts/erase-user';
import { reactivateUser } from './accounts/reactivate-user';
import { createAuditRoutes } from './audit/audit.routes';
import { createRecordRefusal } from './audit/record-refusal';
import { startSealer } from './audit/seal-records';
import type { ApiConfig, WorkerConfig } from './config';
import { createDataSource, engineOf } from './database/data-source';
import { createDatabase, type Database } from './database/database';
import { createEncryption } from './database/encryption';
import { createKeyring, type Keyring } from './database/keyring';
import type { Clock } from './database/sql';
import type { Sweep } from './database/sweeper';
import { openEmailSender, openRenderEmail } from './email/open-email';
import type { Sender } from './events/channel';
import { createDeliveriesRoutes } from './events/deliveries.routes';
import { createTurns, type Turns } from './events/dispatch/turns';
import { createOutbox, type Outbox } from './events/outbox';
import { createRedeliverDelivery } from './events/redeliver-delivery';
import { forgetEnqueued } from './events/relay';
import type { Handlers } from './http/handlers';
import type { ReadinessCheck } from './http/health';
import { createIdempotency, type Idempotency } from './http/idempotency/idempotency';
import { IssuerKeys } from './http/issuer-keys';
import { openLimitStore } from './http/rate-limits/limit-store';
import { createRateLimits, type RateLimits } from './http/rate-limits/rate-limits';
import type { RecordRefusal } from './http/record-refusals';
import { createTokenVerifier, type VerifyToken } from './http/token-verifier';
import { createQueueBoard, type QueueBoard } from './queues/board/queue-board';
import { createJobQueues } from './queues/job-queues';
import { logSparsely } from './queues/log-sparsely';
import type { QueueStoreOptions } from './queues/queue-store';
import type { Polling } from './database/polling';
import type { JobQueues } from './queues/queues';
import {
  assertReceiver,
  channels,
  entities,
  everythingElse,
  personalData,
  queueOf,
  sweepsOf,
} from './registrations';
import { createBatchRoutes } from './suspension/batch/batch.routes';
import { createBatchSuspensions } from './suspension/batch/batch-suspensions';
import { createCancelSuspensionJob } from './suspension/batch/cancel-suspension-job';
import { createCreateSuspensionJob } from './suspension/batch/create-suspension-job';
import { startSuspensionJobs } from './suspension/batch/run-suspension-jobs';
import { createSuspensionJobsRoutes } from './suspension/batch/suspension-jobs.routes';
import { createUndoSuspensionJob } from './suspension/batch/undo-suspension-job';
import { createChangeSuspension } from './suspension/change-suspension';
import { startExpiry } from './suspension/expire-suspensions';
import { showSuspension } from './suspension/show-suspension';
import { createSuspensionHistoryRoutes } from './suspension/suspension-history.routes';
import { openSuspensionCompanion } from './suspension/suspension-views';
import { createSuspensionRoutes } from './suspension/suspension.routes';
import { createCreateUser } from './users/create-user';
import { createFindUsers, userExists } from './users/find-users';
import { createShowUser } from './users/show-user';
import { createListByOffset } from './users/list-by-offset';
import { createUpdateUser } from './users/update-user';
import { createImportUsers } from './users/import-users';
import { userNotFound } from './users/users.errors';
import { createUsersRoutes } from './users/users.routes';
import { createAddressPolicy } from './webhooks/address-policy';
import { createCreateWebhookEndpoint } from './webhooks/create-webhook-endpoint';
import { createDeleteWebhookEndpoint } from './webhooks/delete-webhook-endpoint';
import { createDisableWebhookEndpoint } from './webhooks/disable-webhook-endpoint';
import { createEnableWebhookEndpoint } from './webhooks/enable-webhook-endpoint';
import { createGuardedAgents } from './webhooks/guarded-agent';
import { createPostWebhook } from './webhooks/post-webhook';
import type { ResolveName } from './webhooks/resolve-name';
import { createRecordHealth } from './webhooks/record-health';
import { startSecretRenewal } from './webhooks/renew-endpoint-secrets';
import { createRepairEndpoint } from './webhooks/repair-endpoint';
import { createRepairRoutes } from './webhooks/repair.routes';
import { createRotateWebhookSecret } from './webhooks/rotate-webhook-secret';
import { createWebhookSender } from './webhooks/send-webhook';
import { createShowWebhookEndpoint } from './webhooks/show-webhook-endpoint';
import { startSkipping } from './webhooks/skip-disabled';
import { createTestWebhookEndpoint } from './webhooks/test-webhook-endpoint';
import { createUpdateWebhookEndpoint } from './webhooks/update-webhook-endpoint';
import type { WebhookEndpoint } from './webhooks/webhook-endpoint.entity';
import { createWebhooksRoutes } from './webhooks/webhooks.routes';

/** What both processes stand on. */
interface Ground {
  database: Database;
  keyring: Keyring;
  queues: JobQueues;
  checks: ReadinessCheck[];
}

/** What the API process needs; closed in reverse order of its making. */
export interface ApiServices extends Ground {
  handlers: Handlers;
  verify: VerifyToken;
  idempotency: Idempotency;
  rateLimits: RateLimits;
  recordRefusal: RecordRefusal;
  /** The queues in a browser, where it is wanted. */
  queueBoard: QueueBoard | null;
  close(): Promise<void>;
}

/** What the worker process needs. */
export interface WorkerServices extends Ground {
  webhooks: Sender<WebhookEndpoint>;
  emails: Sender;
  outbox: Outbox;
  turns: Turns;
  /** Closes suspensions whose time has run out. */
  startExpiry(onExpired: (lateBySeconds: number) => void): Polling;
  /** Chains the audit records that were committed since. */
  startSealer(): Polling;
  /** Runs suspension jobs. */
  startSuspensionJobs(): Polling;
  /** Skips what waits for endpoints that were disabled. */
  startSkipping(): Polling;
  /** Takes the endpoints' secrets over to the current encryption key. */
  startSecretRenewal(): Polling;
  queueStore: QueueStoreOptions;
  /** What is removed once it is old enough. */
  sweeps: readonly Sweep[];
  close(): Promise<void>;
}

async function openGround(config: ApiConfig | WorkerConfig, log: Logger, clock?: Clock): Promise<Ground> {
  const databaseUrl = config.DATABASE_URL;
  const dataSource = createDataSource({ databaseUrl, poolSize: config.DATABASE_POOL_SIZE, entities });
  await dataSource.initialize();
  const keyring = createKeyring(createEncryption(config.ENCRYPTION_KEYS), config.AUDIT_KEY);
  const database = createDatabase(dataSource, engineOf(databaseUrl), clock, keyring);
  const queues = createJobQueues(queueStoreOf(config), log);
  const checks = [
    { name: 'database', required: true, check: () => database.ping() },
    { name: 'queue', required: false, check: () => queues.ping() },
  ];
  return { database, keyring, queues, checks };
}

const outboxOf = ({ database, queues }: Ground, log: Logger): Outbox =>
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

const queueStoreOf = (config: ApiConfig | WorkerConfig): QueueStoreOptions => ({
  databaseUrl: config.DATABASE_URL,
  redisUrl: config.REDIS_URL,
  prefix: config.QUEUE_PREFIX,
});

/**
 * @param clock shifted by tests alone
 * @param resolveName knows, in tests, names that DNS does not
 */
export async function createApiServices(
  config: ApiConfig,
  log: Logger,
  clock?: Clock,
  resolveName?: ResolveName,
): Promise<ApiServices> {
  const ground = await openGround(config, log, clock);
  const { database, queues } = ground;
  const { encryption } = ground.keyring;
  const policy = createAddressPolicy(config.WEBHOOK_ALLOWED_NETWORKS, resolveName);
  const agents = createGuardedAgents(policy);
  const outbox = outboxOf(ground, log);
  const keys = new IssuerKeys({
    issuer: config.ISSUER,
    jwksUrl: config.JWKS_URL,
    maxStaleMs: config.JWKS_MAX_STALE * 1000,
    log,
  });
  await keys.start();
  const verify = createTokenVerifier({
    issuer: config.ISSUER,
    audience: config.AUDIENCE,
    types: config.ACCESS_TOKEN_TYPES,
    clockSkewSeconds: config.CLOCK_SKEW,
    keys,
  });
  const onStoreAway = logSparsely(log, 'the store of the rate limits is away; each process limits by itself');
  const rateLimits = createRateLimits({
    limits: { default: config.RATE_LIMIT_DEFAULT, sessions: config.RATE_LIMIT_SESSIONS },
    store: openLimitStore(queueStoreOf(config), onStoreAway),
    onStoreAway,
  });
  const queueBoard = config.QUEUE_BOARD
    ? createQueueBoard({
        store: queueStoreOf(config),
        verify,
        trustedProxies: config.TRUSTED_PROXIES,
        log,
      })
    : null;
  const assertUser = async (id: number) => {
    if (!(await userExists(database, id))) throw userNotFound();
  };

  const findUsers = createFindUsers(database, openSuspensionCompanion);
  const showUser = createShowUser(showSuspension);
  const changeAccount = (useCase: AccountUseCase) => createChangeAccount(database, outbox, useCase);

  const handlers: Handlers = {
    ...createSuspensionRoutes(createChangeSuspension(database, outbox)),
    ...createSuspensionHistoryRoutes(database),
    ...createBatchRoutes(database, createBatchSuspensions(database, outbox)),
    ...createSuspensionJobsRoutes(database, {
      createSuspensionJob: createCreateSuspensionJob(database),
      cancelSuspensionJob: createCancelSuspensionJob(database),
      undoSuspensionJob: createUndoSuspensionJob(database),
    }),
    ...createUsersRoutes(
      {
        createUser: createCreateUser(database),
        importUsers: createImportUsers(database),
        updateUser: createUpdateUser(database, findUsers),
        findUsers,
        listByOffset: createListByOffset(database, lastSignIn),
      },
      showUser,
    ),
    ...createFenceRoutes(createRaiseFence(database)),
    ...createAccountsRoutes({
      deactivateUser: changeAccount(deactivateUser),
      reactivateUser: changeAccount(reactivateUser),
      eraseUser: changeAccount(createEraseUser([...personalData, ...everythingElse])),
      anonymiseUser: changeAccount(createAnonymiseUser(personalData)),
    }),
    ...createSessionsRoutes(
      database,
      {
        createSession: createCreateSession(database),
        importSessions: createImportSessions(database),
        signIn: createSignIn(database, findUsers),
        touchSession: createTouchSession(database),
        revokeSession: createRevokeSession(database),
        revokeSessions: createRevokeSessions(database),
      },
      showUser,
    ),
    ...createAuditRoutes(database, ground.keyring),
    ...createDeliveriesRoutes(
      database,
      assertUser,
      createRedeliverDelivery(database, outbox, { assertReceiver, queueOf }),
    ),
    ...createRepairRoutes(createRepairEndpoint(database)),
    ...createWebhooksRoutes(
      database,
      {
        createWebhookEndpoint: createCreateWebhookEndpoint(database, encryption, policy),
        updateWebhookEndpoint: createUpdateWebhookEndpoint(database, encryption, policy),
        rotateWebhookSecret: createRotateWebhookSecret(database, encryption),
        testWebhookEndpoint: createTestWebhookEndpoint(
          database,
          createPostWebhook({ encryption, agents, timeoutMs: config.WEBHOOK_TIMEOUT * 1000 }),
        ),
        deleteWebhookEndpoint: createDeleteWebhookEndpoint(database, log),
        disableWebhookEndpoint: createDisableWebhookEndpoint(database),
        enableWebhookEndpoint: createEnableWebhookEndpoint(database),
      },
      createShowWebhookEndpoint(encryption),
    ),
  };

  return {
    ...ground,
    handlers,
    verify,
    idempotency: createIdempotency(database, encryption),
    rateLimits,
    recordRefusal: createRecordRefusal(database, ground.keyring),
    queueBoard,
    async close() {
      keys.stop();
      await queueBoard?.close();
      await rateLimits.close();
      await agents.close();
      await outbox.close();
      await queues.close();
      await database.close();
    },
  };
}

export async function createWorkerServices(
  config: WorkerConfig,
  log: Logger,
  clock?: Clock,
): Promise<WorkerServices> {
  const renderEmail = openRenderEmail(config);
  const ground = await openGround(config, log, clock);
  const { database, queues } = ground;
  const outbox = outboxOf(ground, log);
  const timeoutMs = config.WEBHOOK_TIMEOUT * 1000;
  const agents = createGuardedAgents(createAddressPolicy(config.WEBHOOK_ALLOWED_NETWORKS));
  const emails = openEmailSender(config, renderEmail, ground.keyring.encryption);
  const onStoreAway = logSparsely(
    log,
    'the store of the turns is away; each worker keeps the rates by itself',
  );
  const turnStore = openLimitStore(queueStoreOf(config), onStoreAway);

  return {
    ...ground,
    webhooks: createWebhookSender({
      post: createPostWebhook({ encryption: ground.keyring.encryption, agents, timeoutMs }),
      timeoutMs,
      record: createRecordHealth({ outbox, disableAfterDays: config.WEBHOOK_DISABLE_AFTER }),
    }),
    emails,
    outbox,
    turns: createTurns({ store: turnStore, onStoreAway }),
    startExpiry: (onExpired) => startExpiry({ database, outbox, log, onExpired }),
    startSealer: () => startSealer(database, ground.keyring, log),
    startSuspensionJobs: () => startSuspensionJobs({ database, outbox, log }),
    startSkipping: () => startSkipping(database, log),
    startSecretRenewal: () => startSecretRenewal(database, ground.keyring.encryption, log),
    queueStore: queueStoreOf(config),
    sweeps: sweepsOf(config, ground.keyring),
    async close() {
      await outbox.close();
      await turnStore.close();
      emails.close();
      await agents.close();
      await queues.close();
      await database.close();
    },
  };
}
