import type { Logger } from 'pino';
import type { ApiConfig } from '../config';
import { createDeliveriesRoutes } from '../events/deliveries.routes';
import { createRedeliverDelivery } from '../events/redeliver-delivery';
import type { Outbox } from '../events/outbox';
import { alwaysTold, assertReceiver, queueOf } from '../registrations';
import { createChangeStream } from '../security-events/change-stream';
import { createChangeSubject } from '../security-events/change-subject';
import { createCreateStream } from '../security-events/create-stream';
import { createDeleteStream } from '../security-events/delete-stream';
import { createStreamsRoutes } from '../security-events/security-events.routes';
import { createSetStreamStatus } from '../security-events/set-stream-status';
import { createShowStream } from '../security-events/stream-configuration';
import { createVerifyStream } from '../security-events/verify-stream';
import type { AddressPolicy } from '../outbound/address-policy';
import type { GuardedAgents } from '../outbound/guarded-agent';
import { userExists } from '../users/find-users';
import { userNotFound } from '../users/users.errors';
import { createCreateLogoutClient } from '../logout/create-logout-client';
import { createDeleteLogoutClient } from '../logout/delete-logout-client';
import { createLogoutRoutes } from '../logout/logout.routes';
import { createUpdateLogoutClient } from '../logout/update-logout-client';
import { createCreateWebhookEndpoint } from '../webhooks/create-webhook-endpoint';
import { createDeleteWebhookEndpoint } from '../webhooks/delete-webhook-endpoint';
import { createDisableWebhookEndpoint } from '../webhooks/disable-webhook-endpoint';
import { createEnableWebhookEndpoint } from '../webhooks/enable-webhook-endpoint';
import { createPostWebhook } from '../webhooks/post-webhook';
import { createRepairEndpoint } from '../webhooks/repair-endpoint';
import { createRepairRoutes } from '../webhooks/repair.routes';
import { createRotateWebhookSecret } from '../webhooks/rotate-webhook-secret';
import { createShowWebhookEndpoint } from '../webhooks/show-webhook-endpoint';
import { createTestWebhookEndpoint } from '../webhooks/test-webhook-endpoint';
import { createUpdateWebhookEndpoint } from '../webhooks/update-webhook-endpoint';
import { createWebhooksRoutes } from '../webhooks/webhooks.routes';
import type { Ground } from './ground';

export interface ReceiverServices {
  ground: Ground;
  config: ApiConfig;
  log: Logger;
  outbox: Outbox;
  policy: AddressPolicy;
  agents: GuardedAgents;
}

/** The operations on those who are told, and on what they are owed: endpoints, streams, logout clients, deliveries. */
export function receiverRoutes({ ground, config, log, outbox, policy, agents }: ReceiverServices) {
  const { database } = ground;
  const { encryption } = ground.keyring;
  const assertUser = async (id: number) => {
    if (!(await userExists(database, id))) throw userNotFound();
  };
  const showStream = createShowStream({
    publicUrl: config.PUBLIC_URL,
    pauseAfterDays: config.SSF_PAUSE_AFTER,
  });
  return {
    ...createStreamsRoutes(
      database,
      {
        createStream: createCreateStream({ database, encryption, policy, receivers: config.SSF_RECEIVERS }),
        changeStream: createChangeStream(database, encryption, policy, showStream),
        deleteStream: createDeleteStream(database, log),
        setStreamStatus: createSetStreamStatus(database),
        verifyStream: createVerifyStream(database, outbox),
        changeSubject: createChangeSubject(database, config.ISSUER),
      },
      showStream,
      { publicUrl: config.PUBLIC_URL, receivers: config.SSF_RECEIVERS },
    ),
    ...createDeliveriesRoutes(
      database,
      assertUser,
      createRedeliverDelivery(database, outbox, { assertReceiver, queueOf, alwaysTold }),
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
    ...createLogoutRoutes(database, {
      createLogoutClient: createCreateLogoutClient(database, policy),
      updateLogoutClient: createUpdateLogoutClient(database, policy),
      deleteLogoutClient: createDeleteLogoutClient(database, log),
    }),
  };
}
