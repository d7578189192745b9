import { type Actor, appendAudit } from '../audit/audit';
import type { Database } from '../database/database';
import { toTime } from '../database/decode';
import type { Encryption } from '../database/encryption';
import type { Keep } from '../database/keep';
import { databaseNow } from '../database/sql';
import { newUuid } from '../database/uuid';
import type { AddressPolicy } from '../outbound/address-policy';
import { checkDestination } from '../outbound/check-destination';
import { toEndpointHeaders } from './endpoint-headers';
import { secretPlace, toEndpointSecret } from './endpoint-secret';
import { type EndpointSettings, toColumns, withoutValues } from './endpoint-settings';
import { WebhookEndpoint } from './webhook-endpoint.entity';
import { endpointAddress } from './webhooks.errors';

export interface NewWebhookEndpoint extends Partial<EndpointSettings> {
  url: string;
  eventTypes: string[];
  signature?: WebhookEndpoint['signature'];
  /** Generated where absent. */
  secret?: string;
  enabled?: boolean;
}

/** An endpoint at the one moment in which its secret is shown. */
export interface EndpointWithSecret {
  endpoint: WebhookEndpoint;
  secret: string;
}

export type CreateWebhookEndpoint = (
  input: NewWebhookEndpoint,
  actor: Actor,
  keep?: Keep<EndpointWithSecret>,
) => Promise<EndpointWithSecret>;

/**
 * Registers a receiver. Its secret is answered this once and kept encrypted.
 * @throws `webhook_endpoint.address_refused`, `request.invalid` for headers and secret
 */
export function createCreateWebhookEndpoint(
  database: Database,
  encryption: Encryption,
  policy: AddressPolicy,
): CreateWebhookEndpoint {
  return async (input, actor, keep) => {
    const { signature = 'v1', enabled = true } = input;
    const settings = toSettings(input);
    const secret = toEndpointSecret(signature, input.secret);
    await checkDestination(settings.url, policy, endpointAddress);
    const id = newUuid();
    return database.transaction(async (tx) => {
      const [[time]] = await tx.read(databaseNow);
      const now = toTime(time?.now);
      const endpoint: WebhookEndpoint = {
        id,
        ...toColumns(encryption, id, settings),
        secret: encryption.encrypt(secret, secretPlace(id)),
        previousSecret: null,
        previousSecretUntil: null,
        signature,
        enabled,
        disabledAt: enabled ? null : now,
        disabledCause: enabled ? null : 'request',
        failingSince: null,
        slowedUntil: null,
        version: 1,
        createdAt: now,
        updatedAt: null,
      };
      await (await tx.entities()).insert(WebhookEndpoint, { ...endpoint });
      const after = { ...withoutValues(settings), signature, enabled };
      const changedFields = Object.keys(after);
      const target = `webhook_endpoint:${id}`;
      tx.write(
        appendAudit([
          { actor, action: 'webhook_endpoint.create', target, changedFields, after, occurredAt: now },
        ]),
      );
      return { endpoint, secret };
    }, keep);
  };
}

const toSettings = (input: NewWebhookEndpoint): EndpointSettings => ({
  url: input.url,
  eventTypes: input.eventTypes,
  description: input.description ?? null,
  headers: toEndpointHeaders(input.headers ?? []),
  contact: input.contact ?? null,
  rate: input.rate ?? null,
  timeout: input.timeout ?? null,
  payload: input.payload ?? 'full',
});
