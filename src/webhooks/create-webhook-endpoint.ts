import { type Actor, appendAudit } from '../audit/audit';
import type { Database } from '../database/database';
import { toTime } from '../database/decode';
import type { Encryption } from '../database/encryption';
import type { Keep } from '../database/keep';
import { databaseNow } from '../database/sql';
import { newUuid } from '../database/uuid';
import type { EventType } from '../events/catalogue';
import type { AddressPolicy } from './address-policy';
import { checkDestination } from './check-destination';
import { newEndpointSecret, secretPlace } from './endpoint-secret';
import { WebhookEndpoint } from './webhook-endpoint.entity';

export interface NewWebhookEndpoint {
  url: string;
  eventTypes: EventType[];
  description?: string;
}

export interface CreatedWebhookEndpoint {
  endpoint: WebhookEndpoint;
  secret: string;
}

export type CreateWebhookEndpoint = (
  input: NewWebhookEndpoint,
  actor: Actor,
  keep?: Keep<CreatedWebhookEndpoint>,
) => Promise<CreatedWebhookEndpoint>;

/**
 * Registers a receiver. Its secret is answered this once and kept encrypted.
 * @throws `webhook_endpoint.address_refused`
 */
export function createCreateWebhookEndpoint(
  database: Database,
  encryption: Encryption,
  policy: AddressPolicy,
): CreateWebhookEndpoint {
  return async ({ url, eventTypes, description }, actor, keep) => {
    await checkDestination(url, policy);
    const id = newUuid();
    const secret = newEndpointSecret();
    return database.transaction(async (tx) => {
      const [[time]] = await tx.read(databaseNow);
      const endpoint: WebhookEndpoint = {
        id,
        url,
        eventTypes: JSON.stringify(eventTypes),
        description: description ?? null,
        secret: encryption.encrypt(secret, secretPlace(id)),
        previousSecret: null,
        previousSecretUntil: null,
        signature: 'v1',
        payload: 'full',
        headers: null,
        contact: null,
        rate: null,
        timeoutMs: null,
        enabled: true,
        disabledAt: null,
        disabledCause: null,
        failingSince: null,
        slowedUntil: null,
        version: 1,
        createdAt: toTime(time?.now),
        updatedAt: null,
      };
      await (await tx.entities()).insert(WebhookEndpoint, { ...endpoint });
      const after = { url, eventTypes, description: endpoint.description };
      const changedFields = Object.keys(after);
      const target = `webhook_endpoint:${id}`;
      const occurredAt = endpoint.createdAt;
      tx.write(
        appendAudit([{ actor, action: 'webhook_endpoint.create', target, changedFields, after, occurredAt }]),
      );
      return { endpoint, secret };
    }, keep);
  };
}
