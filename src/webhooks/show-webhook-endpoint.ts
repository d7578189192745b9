import type { Encryption } from '../database/encryption';
import type { components } from '../http/contract.generated';
import { namesOf } from './endpoint-headers';
import { publicKeys } from './endpoint-secret';
import { settingsOf } from './endpoint-settings';
import type { WebhookEndpoint } from './webhook-endpoint.entity';

type Shown = components['schemas']['WebhookEndpoint'];

export type ShowWebhookEndpoint = (endpoint: WebhookEndpoint) => Shown;

/** An endpoint as the contract shows it: of its secrets and the values of its headers nothing (I7). */
export function createShowWebhookEndpoint(encryption: Encryption): ShowWebhookEndpoint {
  return (endpoint) => {
    const { headers, eventTypes, ...settings } = settingsOf(encryption, endpoint);
    return {
      id: endpoint.id,
      ...settings,
      eventTypes: eventTypes as Shown['eventTypes'],
      headers: namesOf(headers),
      signature: endpoint.signature,
      publicKeys: publicKeys(encryption, endpoint, new Date()),
      previousSecretUntil: endpoint.previousSecretUntil?.toISOString() ?? null,
      enabled: endpoint.enabled,
      disabledAt: endpoint.disabledAt?.toISOString() ?? null,
      disabledCause: endpoint.disabledCause,
      failingSince: endpoint.failingSince?.toISOString() ?? null,
      slowedUntil: endpoint.slowedUntil?.toISOString() ?? null,
      createdAt: endpoint.createdAt.toISOString(),
      updatedAt: endpoint.updatedAt?.toISOString() ?? null,
    };
  };
}
