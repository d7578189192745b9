import { type Actor, appendAudit } from '../audit/audit';
import type { Database } from '../database/database';
import type { Encryption } from '../database/encryption';
import type { Keep } from '../database/keep';
import { sql, type Statement } from '../database/sql';
import { Uuid } from '../database/uuid';
import { type IfMatch, preconditionFault } from '../http/etag';
import type { AddressPolicy } from '../outbound/address-policy';
import { checkDestination } from '../outbound/check-destination';
import { type GivenHeader, toEndpointHeaders } from './endpoint-headers';
import { type EndpointSettings, settingsOf, toColumns, withoutValues } from './endpoint-settings';
import { endpointTag } from './endpoint-tag';
import { lockWebhookEndpoint } from './lock-webhook-endpoint';
import type { WebhookEndpoint } from './webhook-endpoint.entity';
import { endpointAddress } from './webhooks.errors';

/** What may be changed about an endpoint; what is absent stays, null takes it away. */
export type EndpointPatch = Partial<Omit<EndpointSettings, 'headers'>> & { headers?: GivenHeader[] | null };

export interface UpdateEndpointCommand {
  endpointId: string;
  patch: EndpointPatch;
  actor: Actor;
  /** The states of the endpoint that the caller means; any where absent. */
  ifMatch?: IfMatch;
}

export type UpdateWebhookEndpoint = (
  command: UpdateEndpointCommand,
  keep?: Keep<WebhookEndpoint>,
) => Promise<WebhookEndpoint>;

/**
 * Changes an endpoint's settings, and answers it as it is then. Where nothing is different nothing is written.
 * @throws `webhook_endpoint.not_found`, `webhook_endpoint.address_refused`, `precondition.failed`, `request.invalid` for
 *   headers
 */
export function createUpdateWebhookEndpoint(
  database: Database,
  encryption: Encryption,
  policy: AddressPolicy,
): UpdateWebhookEndpoint {
  return async ({ endpointId, patch, actor, ifMatch }, keep) => {
    // Asks a resolver, so it stays outside the transaction (I3).
    if (patch.url !== undefined) await checkDestination(patch.url, policy, endpointAddress);
    return database.transaction(async (tx) => {
      const { endpoint, now } = await lockWebhookEndpoint(tx, endpointId);
      const fault = preconditionFault(ifMatch, endpointTag(endpoint));
      if (fault) throw fault;
      const present = settingsOf(encryption, endpoint);
      const wanted = merge(present, patch);
      const changedFields = difference(present, wanted);
      if (changedFields.length === 0) return endpoint;
      const changed: WebhookEndpoint = {
        ...endpoint,
        ...toColumns(encryption, endpointId, wanted),
        // What went on at another address says nothing about this one.
        ...(wanted.url === present.url ? {} : { failingSince: null, slowedUntil: null }),
        version: endpoint.version + 1,
        updatedAt: now,
      };
      tx.write(updateSettings(changed));
      const of = (settings: EndpointSettings) => withoutValues(pick(settings, changedFields));
      tx.write(
        appendAudit([
          {
            actor,
            action: 'webhook_endpoint.update',
            target: `webhook_endpoint:${endpointId}`,
            changedFields,
            before: of(present),
            after: of(wanted),
            occurredAt: now,
          },
        ]),
      );
      return changed;
    }, keep);
  };
}

const merge = (present: EndpointSettings, { headers, ...patch }: EndpointPatch): EndpointSettings => ({
  ...present,
  ...patch,
  headers: headers === undefined ? present.headers : toEndpointHeaders(headers ?? [], present.headers),
});

const difference = (present: EndpointSettings, wanted: EndpointSettings): (keyof EndpointSettings)[] =>
  (Object.keys(present) as (keyof EndpointSettings)[]).filter(
    (field) => JSON.stringify(present[field]) !== JSON.stringify(wanted[field]),
  );

const pick = (settings: EndpointSettings, fields: readonly string[]): Partial<EndpointSettings> =>
  Object.fromEntries(Object.entries(settings).filter(([field]) => fields.includes(field)));

const updateSettings = (changed: WebhookEndpoint): Statement =>
  sql`UPDATE webhook_endpoints SET url = ${changed.url}, event_types = ${changed.eventTypes},
    description = ${changed.description}, headers = ${changed.headers}, contact = ${changed.contact},
    rate = ${changed.rate}, timeout_ms = ${changed.timeoutMs}, payload = ${changed.payload},
    failing_since = ${changed.failingSince}, slowed_until = ${changed.slowedUntil},
    version = ${changed.version}, updated_at = ${changed.updatedAt} WHERE id = ${new Uuid(changed.id)}`;
