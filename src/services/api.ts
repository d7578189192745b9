import type { Logger } from 'pino';
import { createCreateSession } from '../access/create-session';
import { createFenceRoutes } from '../access/fence.routes';
import { createRevocationFeed } from '../access/feed/poll-revocations';
import { createRevocationsRoutes } from '../access/feed/revocations.routes';
import { createFindSubject } from '../access/global-revocation/find-subject';
import { createGlobalRevocationRoutes } from '../access/global-revocation/global-revocation.routes';
import { createGuardRecorder } from '../access/guards/record-guards';
import { createImportSessions } from '../access/import-sessions';
import { createFindLiveUser } from '../access/introspection/find-live-user';
import { createIntrospectToken } from '../access/introspection/introspect-token';
import { createIntrospectionRoutes } from '../access/introspection/introspection.routes';
import { createRaiseFence } from '../access/raise-fence';
import { createRevokeSession } from '../access/revoke-session';
import { createRevokeSessions } from '../access/revoke-sessions';
import { lastSignIn } from '../access/session-queries';
import { createSessionsRoutes } from '../access/sessions.routes';
import { createSignIn } from '../access/sign-in';
import { createTouchSession } from '../access/touch-session';
import { createAccountsRoutes } from '../accounts/accounts.routes';
import { createAnonymiseUser } from '../accounts/anonymise-user';
import { type AccountUseCase, createChangeAccount } from '../accounts/change-account';
import { deactivateUser } from '../accounts/deactivate-user';
import { createEraseUser } from '../accounts/erase-user';
import { reactivateUser } from '../accounts/reactivate-user';
import { createAuditRoutes } from '../audit/audit.routes';
import { createRecordRefusal } from '../audit/record-refusal';
import { createAddToBlockList } from '../block-lists/add-to-block-list';
import { createBlockLists } from '../block-lists/block-list-queries';
import { createBlockListsRoutes } from '../block-lists/block-lists.routes';
import { createRemoveFromBlockList } from '../block-lists/remove-from-block-list';
import { type ApiConfig, introspectionAudiences, validatesResponses } from '../config';
import type { Clock } from '../database/sql';
import type { Dialect } from '../dialects/dialect';
import { authenticateUserToken } from '../http/authentication';
import type { Handlers } from '../http/handlers';
import { createIdempotency, type Idempotency } from '../http/idempotency/idempotency';
import { IssuerKeys } from '../http/issuer-keys';
import { createExactLimit } from '../http/rate-limits/exact-limit';
import { openLimitStore } from '../http/rate-limits/limit-store';
import { createRateLimits, type RateLimits } from '../http/rate-limits/rate-limits';
import type { RecordRefusal } from '../http/record-refusals';
import { createTokenVerifier, type VerifyToken } from '../http/token-verifier';
import { createQueueBoard, type QueueBoard } from '../queues/board/queue-board';
import { logSparsely } from '../queues/log-sparsely';
import { alwaysTold, everythingElse, personalData } from '../registrations';
import { createPollRoutes } from '../security-events/poll/poll.routes';
import { createSecurityEventPolls } from '../security-events/poll/poll-security-events';
import { createRotateSigningKeys } from '../signing-keys/rotate-signing-keys';
import { createSigningKeysRoutes } from '../signing-keys/signing-keys.routes';
import { createBatchRoutes } from '../suspension/batch/batch.routes';
import { createBatchSuspensions } from '../suspension/batch/batch-suspensions';
import { createCancelSuspensionJob } from '../suspension/batch/cancel-suspension-job';
import { createCreateSuspensionJob } from '../suspension/batch/create-suspension-job';
import { createSuspensionJobsRoutes } from '../suspension/batch/suspension-jobs.routes';
import { createUndoSuspensionJob } from '../suspension/batch/undo-suspension-job';
import { createChangeSuspension } from '../suspension/change-suspension';
import { showSuspension } from '../suspension/show-suspension';
import { createPropagationRoutes } from '../suspension/propagation/propagation.routes';
import { createSuspensionHistoryRoutes } from '../suspension/suspension-history.routes';
import { openSuspensionCompanion } from '../suspension/suspension-views';
import { createSuspensionRoutes } from '../suspension/suspension.routes';
import { createCreateUser } from '../users/create-user';
import { createFindUsers } from '../users/find-users';
import { createShowUser } from '../users/show-user';
import { createListByOffset } from '../users/list-by-offset';
import { createUpdateUser } from '../users/update-user';
import { createImportUsers } from '../users/import-users';
import { createUsersRoutes } from '../users/users.routes';
import { createAddressPolicy } from '../outbound/address-policy';
import { createGuardedAgents } from '../outbound/guarded-agent';
import type { ResolveName } from '../outbound/resolve-name';
import { openDialects } from './dialects';
import { receiverRoutes } from './receiver-routes';
import { type Ground, openGround, outboxOf, queueStoreOf, transmitterOf } from './ground';

/** What the API process needs; closed in reverse order of its making. */
export interface ApiServices extends Ground {
  handlers: Handlers;
  verify: VerifyToken;
  idempotency: Idempotency;
  rateLimits: RateLimits;
  recordRefusal: RecordRefusal;
  dialects: readonly Dialect[];
  validateResponses: boolean;
  /** The queues in a browser, where it is wanted. */
  queueBoard: QueueBoard | null;
  /** Has those answered at once who wait for something to happen: before the server is drained. */
  stopWaiting(): void;
  close(): Promise<void>;
}

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
  const issued = {
    issuer: config.ISSUER,
    types: config.ACCESS_TOKEN_TYPES,
    clockSkewSeconds: config.CLOCK_SKEW,
    keys,
  };
  const verify = createTokenVerifier({ ...issued, audience: config.AUDIENCE });
  const audiences = introspectionAudiences(config);
  const introspected = { ...issued, epochClaim: config.EPOCH_CLAIM };
  const findLiveUser = createFindLiveUser(
    createIntrospectToken(database, { ...introspected, audiences: [config.AUDIENCE] }),
    config.AUDIENCE,
  );
  const onStoreAway = logSparsely(log, 'the store of the rate limits is away; each process limits by itself');
  const limitStore = openLimitStore(queueStoreOf(config), onStoreAway);
  const rateLimits = createRateLimits({
    limits: {
      default: config.RATE_LIMIT_DEFAULT,
      sessions: config.RATE_LIMIT_SESSIONS,
      revocations: config.RATE_LIMIT_REVOCATIONS,
      cometchat: config.RATE_LIMIT_COMETCHAT,
      zim: config.RATE_LIMIT_ZIM,
    },
    store: limitStore,
    onStoreAway,
  });
  /** Of one user, as far apart as an hour. */
  const hourly = (name: string, limit: number) =>
    createExactLimit({ name, limit, windowSeconds: 3_600, store: limitStore, onStoreAway });
  const queueBoard = config.QUEUE_BOARD
    ? createQueueBoard({
        store: queueStoreOf(config),
        verify,
        trustedProxies: config.TRUSTED_PROXIES,
        log,
      })
    : null;
  const { MAX_TOKEN_LIFETIME: maxTokenLifetime, CLOCK_SKEW: clockSkew } = config;
  const feed = createRevocationFeed({
    database,
    wakeups: ground.wakeups,
    backlogMs: (maxTokenLifetime + clockSkew) * 1000,
  });
  const guards = createGuardRecorder(database, log);
  const polls = createSecurityEventPolls({
    database,
    wakeups: ground.wakeups,
    signingKeys: ground.signingKeys,
    transmitter: transmitterOf(config),
  });

  const findUsers = createFindUsers(database, openSuspensionCompanion);
  const showUser = createShowUser(showSuspension);
  const revokeSessions = createRevokeSessions(database, outbox);
  const changeAccount = (useCase: AccountUseCase) => createChangeAccount(database, outbox, useCase);
  const accounts = {
    deactivateUser: changeAccount(deactivateUser),
    reactivateUser: changeAccount(reactivateUser),
    eraseUser: changeAccount(createEraseUser([...personalData, ...everythingElse], alwaysTold)),
    anonymiseUser: changeAccount(createAnonymiseUser(personalData)),
  };
  const createUser = createCreateUser(database);
  const importUsers = createImportUsers(database);
  const blockLists = createBlockLists(database);
  const blockListChanges = {
    addToBlockList: createAddToBlockList(database, outbox, config.BLOCK_LIST_MAX),
    removeFromBlockList: createRemoveFromBlockList(database, outbox),
  };

  const handlers: Handlers = {
    ...createSuspensionRoutes(createChangeSuspension(database, outbox)),
    ...createSuspensionHistoryRoutes(database),
    ...createPropagationRoutes(database),
    ...createBatchRoutes(database, createBatchSuspensions(database, outbox)),
    ...createSuspensionJobsRoutes(database, {
      createSuspensionJob: createCreateSuspensionJob(database),
      cancelSuspensionJob: createCancelSuspensionJob(database),
      undoSuspensionJob: createUndoSuspensionJob(database),
    }),
    ...createUsersRoutes(
      {
        createUser,
        importUsers,
        updateUser: createUpdateUser(database, findUsers),
        findUsers,
        listByOffset: createListByOffset(database, lastSignIn),
      },
      showUser,
    ),
    ...createBlockListsRoutes(blockLists, blockListChanges),
    ...createRevocationsRoutes(feed, guards, { maxTokenLifetime, clockSkew }),
    ...createFenceRoutes(createRaiseFence(database, outbox)),
    ...createGlobalRevocationRoutes(createFindSubject(database, config.ISSUER), revokeSessions),
    ...createAccountsRoutes(accounts),
    ...createSessionsRoutes(
      database,
      {
        createSession: createCreateSession(database),
        importSessions: createImportSessions(database),
        signIn: createSignIn(database, findUsers),
        touchSession: createTouchSession(database),
        revokeSession: createRevokeSession(database, outbox),
        revokeSessions,
      },
      showUser,
    ),
    ...createPollRoutes(polls, config.SSF_RECEIVERS),
    ...createSigningKeysRoutes(database, ground.signingKeys, createRotateSigningKeys(database, encryption)),
    ...createIntrospectionRoutes(
      createIntrospectToken(database, { ...introspected, audiences }),
      { all: audiences, ofClients: config.INTROSPECTION_CLIENTS },
      { issuer: config.PUBLIC_URL, signingKeys: ground.signingKeys },
    ),
    ...createAuditRoutes(database, ground.keyring),
    ...receiverRoutes({ ground, config, log, outbox, policy, agents }),
  };

  const idempotency = createIdempotency(database, encryption);
  const recordRefusal = createRecordRefusal(database, ground.keyring);
  const validateResponses = validatesResponses(config);
  const dialects = openDialects({
    ground,
    config,
    verify,
    rateLimits,
    hourly,
    userToken: authenticateUserToken(findLiveUser, verify),
    useCases: { createUser, importUsers, ...accounts, ...blockListChanges, blockLists },
    recordRefusal,
    idempotency,
    validateResponses,
    log,
  });

  return {
    ...ground,
    handlers,
    verify,
    idempotency,
    rateLimits,
    recordRefusal,
    dialects,
    validateResponses,
    queueBoard,
    stopWaiting() {
      feed.end();
      polls.end();
    },
    async close() {
      keys.stop();
      await guards.close();
      await queueBoard?.close();
      await rateLimits.close();
      await agents.close();
      await outbox.close();
      await queues.close();
      await ground.wakeups.close();
      await database.close();
    },
  };
}
