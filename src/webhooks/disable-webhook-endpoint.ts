import { type Actor, appendAudit } from '../audit/audit';
import type { Database } from '../database/database';
import type { Keep } from '../database/keep';
import { sql, type Statement } from '../database/sql';
import { Uuid } from '../database/uuid';
import { lockWebhookEndpoint } from './lock-webhook-endpoint';
import type { WebhookEndpoint } from './webhook-endpoint.entity';

export type DisabledCause = NonNullable<WebhookEndpoint['disabledCause']>;

export type DisableWebhookEndpoint = (
  id: string,
  actor: Actor,
  keep?: Keep<WebhookEndpoint>,
) => Promise<WebhookEndpoint>;

/**
 * Sends nothing more to an endpoint, on request. What waits for it becomes `skipped` (`skip-disabled.ts`), as does what
 * it misses from now on. One that is disabled already stays as it is, with its cause.
 * @throws `webhook_endpoint.not_found`
 */
export const createDisableWebhookEndpoint =
  (database: Database): DisableWebhookEndpoint =>
  (id, actor, keep) =>
    database.transaction(async (tx) => {
      const { endpoint, now } = await lockWebhookEndpoint(tx, id);
      if (!endpoint.enabled) return endpoint;
      tx.write(writeDisabled(id, 'request', actor, now));
      const version = endpoint.version + 1;
      return {
        ...endpoint,
        enabled: false,
        disabledAt: now,
        disabledCause: 'request',
        version,
        updatedAt: now,
      };
    }, keep);

/** Disables an endpoint whose row is locked and enabled. */
export const writeDisabled = (id: string, cause: DisabledCause, actor: Actor, now: Date): Statement[] => [
  sql`UPDATE webhook_endpoints SET enabled = FALSE, disabled_at = ${now}, disabled_cause = ${cause},
    version = version + 1, updated_at = ${now} WHERE id = ${new Uuid(id)}`,
  ...appendAudit([
    {
      actor,
      action: 'webhook_endpoint.disable',
      target: `webhook_endpoint:${id}`,
      changedFields: ['enabled'],
      before: { enabled: true },
      after: { enabled: false, disabledCause: cause },
      occurredAt: now,
    },
  ]),
];
