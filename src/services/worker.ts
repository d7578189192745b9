import type { Logger } from 'pino';
import { startSealer } from '../audit/seal-records';
import type { WorkerConfig } from '../config';
import { startSecretRenewal } from '../database/renew-secrets';
import type { Clock } from '../database/sql';
import type { Sweep } from '../database/sweeper';
import { openEmailSender, openRenderEmail } from '../email/open-email';
import type { Sender } from '../events/channel';
import { createTurns, type Turns } from '../events/dispatch/turns';
import type { Outbox } from '../events/outbox';
import { openLimitStore } from '../http/rate-limits/limit-store';
import { logSparsely } from '../queues/log-sparsely';
import type { QueueStoreOptions } from '../queues/queue-store';
import type { Polling } from '../database/polling';
import { sweepsOf } from '../registrations';
import { authorizationHeaders } from '../security-events/authorization-header';
import { createPushSecurityEvent } from '../security-events/push-security-event';
import type { PushStream } from '../security-events/push-stream';
import { createSecurityEventSender } from '../security-events/send-security-event';
import { startSettling } from '../security-events/settle-streams';
import { startStreamCare } from '../security-events/stream-care';
import { startKeyRotation } from '../signing-keys/scheduled-rotation';
import { startSuspensionJobs } from '../suspension/batch/run-suspension-jobs';
import { startExpiry } from '../suspension/expire-suspensions';
import { createLogoutSender } from '../logout/send-logout';
import type { LogoutClient } from '../logout/logout-client.entity';
import { createAddressPolicy } from '../outbound/address-policy';
import { createGuardedAgents } from '../outbound/guarded-agent';
import { createPostWebhook } from '../webhooks/post-webhook';
import { createRecordHealth } from '../webhooks/record-health';
import { zimSecrets } from '../dialects/zim-apps/zim-app';
import { startEndpointSecretRenewal } from '../webhooks/renew-endpoint-secrets';
import { createWebhookSender } from '../webhooks/send-webhook';
import { startSkipping } from '../webhooks/skip-disabled';
import type { WebhookEndpoint } from '../webhooks/webhook-endpoint.entity';
import { type Ground, openGround, outboxOf, queueStoreOf, transmitterOf } from './ground';

/** What the worker process needs. */
export interface WorkerServices extends Ground {
  webhooks: Sender<WebhookEndpoint>;
  emails: Sender;
  logouts: Sender<LogoutClient>;
  securityEvents: Sender<PushStream>;
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
  startEndpointSecretRenewal(): Polling;
  /** The same for the authorization of security event streams. */
  startAuthorizationRenewal(): Polling;
  /** The same for the secrets of ZIM apps. */
  startZimSecretRenewal(): Polling;
  /** Moves what security event streams are owed to where their status wants it. */
  startSettling(): Polling;
  /** Lets new signing keys take over from old ones. */
  startKeyRotation(): Polling;
  /** Stops the streams whose receivers stay away. */
  startStreamCare(): Polling;
  queueStore: QueueStoreOptions;
  /** What is removed once it is old enough. */
  sweeps: readonly Sweep[];
  close(): Promise<void>;
}

export async function createWorkerServices(
  config: WorkerConfig,
  log: Logger,
  clock?: Clock,
): Promise<WorkerServices> {
  const renderEmail = openRenderEmail(config);
  const ground = await openGround(config, log, clock);
  const { database, queues } = ground;
  const { encryption } = ground.keyring;
  const outbox = outboxOf(ground, log);
  const timeoutMs = config.WEBHOOK_TIMEOUT * 1000;
  const agents = createGuardedAgents(createAddressPolicy(config.WEBHOOK_ALLOWED_NETWORKS));
  const emails = openEmailSender(config, renderEmail, encryption);
  const onStoreAway = logSparsely(
    log,
    'the store of the turns is away; each worker keeps the rates by itself',
  );
  const turnStore = openLimitStore(queueStoreOf(config), onStoreAway);

  return {
    ...ground,
    webhooks: createWebhookSender({
      post: createPostWebhook({ encryption, agents, timeoutMs }),
      timeoutMs,
      record: createRecordHealth({ outbox, disableAfterDays: config.WEBHOOK_DISABLE_AFTER }),
    }),
    emails,
    logouts: createLogoutSender({
      signingKeys: ground.signingKeys,
      encryption,
      agents,
      issuer: config.LOGOUT_ISSUER ?? config.PUBLIC_URL,
      timeoutMs,
    }),
    securityEvents: createSecurityEventSender({
      push: createPushSecurityEvent({
        encryption,
        agents,
        sign: (claims, header) => ground.signingKeys.sign(claims, header),
        transmitter: transmitterOf(config),
        timeoutMs,
      }),
      timeoutMs,
    }),
    outbox,
    turns: createTurns({ store: turnStore, onStoreAway }),
    startExpiry: (onExpired) => startExpiry({ database, outbox, log, onExpired }),
    startSealer: () => startSealer(database, ground.keyring, log),
    startSuspensionJobs: () => startSuspensionJobs({ database, outbox, log }),
    startSkipping: () => startSkipping(database, log),
    startEndpointSecretRenewal: () => startEndpointSecretRenewal(database, encryption, log),
    startAuthorizationRenewal: () => startSecretRenewal(database, encryption, authorizationHeaders, log),
    startZimSecretRenewal: () => startSecretRenewal(database, encryption, zimSecrets, log),
    startSettling: () => startSettling(database, log),
    startStreamCare: () =>
      startStreamCare({
        database,
        outbox,
        log,
        pauseAfterDays: config.SSF_PAUSE_AFTER,
        maxBacklog: config.SSF_MAX_BACKLOG,
        receivers: config.SSF_RECEIVERS,
      }),
    startKeyRotation: () =>
      startKeyRotation({
        database,
        encryption,
        rotationDays: config.SIGNING_KEY_ROTATION,
        log,
      }),
    queueStore: queueStoreOf(config),
    sweeps: sweepsOf(config, ground.keyring),
    async close() {
      await outbox.close();
      await turnStore.close();
      emails.close();
      await agents.close();
      await queues.close();
      await ground.wakeups.close();
      await database.close();
    },
  };
}
