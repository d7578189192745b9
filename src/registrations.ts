import { AccessRevocation } from './access/access-revocation.entity';
import { eraseRevocations } from './access/end-access';
import { retireSessionsOf } from './access/retire-sessions';
import { GuardInstance } from './access/guards/guard-instance.entity';
import { GuardProgress } from './access/guards/guard-progress.entity';
import { guardSweeps } from './access/guards/guard-retention';
import { Session } from './access/session.entity';
import { forgetDevices } from './access/session-queries';
import { sessionSweeps } from './access/session-retention';
import type { Eraser } from './accounts/eraser';
import { AuditRecord } from './audit/audit-record.entity';
import { detachIdentifyingValues, detachValuesOfActor } from './audit/detach-values';
import { auditSweeps } from './audit/audit-retention';
import { BlockListEntry } from './block-lists/block-list-entry.entity';
import { eraseEntries } from './block-lists/entry-queries';
import type { WorkerConfig } from './config';
import type { Keyring } from './database/keyring';
import type { Sweep } from './database/sweeper';
import { nonceSweep } from './dialects/zim/spend-nonce';
import { assertAddresseeReceives } from './email/addressee-receives';
import { emailChannel } from './email/email-channel';
import type { Channel, ChannelName } from './events/channel';
import { DeliveryAttempt } from './events/delivery-attempt.entity';
import { Delivery } from './events/delivery.entity';
import { deliverySweep, eventSweep } from './events/event-retention';
import type { AssertReceiver } from './events/redeliver-delivery';
import { Event } from './events/event.entity';
import { keySweep } from './http/idempotency/key-retention';
import { forgetAnswersAbout } from './http/idempotency/key-queries';
import { limitSweep } from './http/rate-limits/limit-retention';
import { LogoutClient } from './logout/logout-client.entity';
import { logoutChannel } from './logout/logout-channel';
import { assertLogoutClientReceives } from './logout/logout-client-receives';
import type { QueueName } from './queues/queues';
import { forgetExclusionsOf } from './security-events/change-subject';
import { securityEventChannel } from './security-events/security-event-channel';
import { SecurityEventStream } from './security-events/security-event-stream.entity';
import { orphanSweep } from './security-events/stream-retention';
import { assertStreamReceives } from './security-events/stream-receives';
import { finishedJobSweep, hiddenJobSweep } from './suspension/batch/job-retention';
import { SuspensionJob } from './suspension/batch/suspension-job.entity';
import { SuspensionJobItem } from './suspension/batch/suspension-job-item.entity';
import { SuspensionJobOutcome } from './suspension/batch/suspension-job-outcome.entity';
import { forgetOutcomesOf } from './suspension/batch/suspension-job-queries';
import { Suspension } from './suspension/suspension.entity';
import { eraseSuspensions } from './suspension/suspension-queries';
import { UserTombstone } from './users/user-tombstone.entity';
import { User } from './users/user.entity';
import { assertEndpointReceives } from './webhooks/endpoint-receives';
import { webhookChannel } from './webhooks/webhook-channel';
import { WebhookEndpoint } from './webhooks/webhook-endpoint.entity';

// What the features register; `services/` builds with it.

/** Every way to tell somebody. Another one is registered here. */
export const channels: readonly Channel[] = [
  webhookChannel,
  emailChannel,
  securityEventChannel,
  logoutChannel,
];

/** Those who enforce the end of access (I4). */
export const alwaysTold: readonly ChannelName[] = channels
  .filter(({ always }) => always)
  .map(({ name }) => name);

/** Which queue sends for which channel. */
export const queueOf = Object.fromEntries(channels.map(({ name, queue }) => [name, queue])) as Record<
  ChannelName,
  QueueName
>;

/** By channel: what refuses where nothing can be sent anew. */
export const assertReceiver: Readonly<Record<ChannelName, AssertReceiver>> = {
  webhook: assertEndpointReceives,
  email: assertAddresseeReceives,
  security_event: assertStreamReceives,
  logout: assertLogoutClientReceives,
};

/** Where personal data of a user stands besides her own row; a feature that keeps some registers here what takes it away. */
export const personalData: readonly Eraser[] = [
  ({ id }) => detachIdentifyingValues(id),
  ({ uid }) => detachValuesOfActor(uid),
  ({ id }) => [forgetAnswersAbout(id)],
  ({ id }) => [forgetDevices(id)],
];

/** The same for what is about a user and goes with her. */
export const everythingElse: readonly Eraser[] = [
  eraseRevocations,
  eraseSuspensions,
  ({ id }) => retireSessionsOf([id]),
  ({ id }) => forgetOutcomesOf(id),
  ({ id }) => [forgetExclusionsOf(id)],
  eraseEntries,
];

/** The tables, as TypeORM knows them. What is changed seldom goes through them, the hot path does not. */
export const entities = [
  User,
  UserTombstone,
  Session,
  AccessRevocation,
  GuardInstance,
  GuardProgress,
  Suspension,
  SuspensionJob,
  SuspensionJobItem,
  SuspensionJobOutcome,
  Event,
  Delivery,
  DeliveryAttempt,
  WebhookEndpoint,
  SecurityEventStream,
  LogoutClient,
  BlockListEntry,
  AuditRecord,
];

/** A retention of no days keeps for ever. */
export function sweepsOf(config: WorkerConfig, keyring: Keyring): Sweep[] {
  const { RETENTION_SESSIONS, RETENTION_DELIVERIES, RETENTION_EVENTS } = config;
  const { RETENTION_AUDIT_RECORDS, RETENTION_SUSPENSION_JOBS } = config;
  // An event goes after its deliveries.
  const keepsEvents = RETENTION_DELIVERIES === 0 || RETENTION_EVENTS === 0;
  return [
    ...(RETENTION_SESSIONS > 0 ? sessionSweeps(RETENTION_SESSIONS) : []),
    ...(RETENTION_DELIVERIES > 0 ? [deliverySweep(RETENTION_DELIVERIES)] : []),
    ...(keepsEvents ? [] : [eventSweep(Math.max(RETENTION_EVENTS, RETENTION_DELIVERIES))]),
    ...(RETENTION_AUDIT_RECORDS > 0 ? auditSweeps(keyring, RETENTION_AUDIT_RECORDS) : []),
    keySweep,
    ...(/^postgres/.test(config.DATABASE_URL) ? [limitSweep] : []),
    orphanSweep,
    ...(config.RETENTION_GUARDS > 0 ? guardSweeps(config.RETENTION_GUARDS) : []),
    ...(RETENTION_SUSPENSION_JOBS > 0 ? [finishedJobSweep(RETENTION_SUSPENSION_JOBS)] : []),
    hiddenJobSweep,
    nonceSweep,
  ];
}
