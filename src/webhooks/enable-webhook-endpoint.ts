import { type Actor, appendAudit } from '../audit/audit';
import type { Database } from '../database/database';
import type { Keep } from '../database/keep';
import { sql } from '../database/sql';
import { Uuid } from '../database/uuid';
import { lockWebhookEndpoint } from './lock-webhook-endpoint';
import type { WebhookEndpoint } from './webhook-endpoint.entity';

export type EnableWebhookEndpoint = (
  id: string,
  actor: Actor,
  keep?: Keep<WebhookEndpoint>,
) => Promise<WebhookEndpoint>;

/**
 * Sends to an endpoint again, with a clean slate: what it did before counts no more. What it missed stays `skipped`
 * until somebody recovers it. One that is enabled already stays as it is.
 * @throws `webhook_endpoint.not_found`
 */
export const createEnableWebhookEndpoint =
  (database: Database): EnableWebhookEndpoint =>
  (id, actor, keep) =>
    database.transaction(async (tx) => {
      const { endpoint, now } = await lockWebhookEndpoint(tx, id);
      if (endpoint.enabled) return endpoint;
      tx.write(sql`UPDATE webhook_endpoints SET enabled = TRUE, disabled_at = NULL, disabled_cause = NULL,
        failing_since = NULL, slowed_until = NULL, version = version + 1, updated_at = ${now} WHERE id = ${new Uuid(id)}`);
      tx.write(
        appendAudit([
          {
            actor,
            action: 'webhook_endpoint.enable',
            target: `webhook_endpoint:${id}`,
            changedFields: ['enabled'],
            before: { enabled: false, disabledCause: endpoint.disabledCause },
            after: { enabled: true },
            occurredAt: now,
          },
        ]),
      );
      return {
        ...endpoint,
        enabled: true,
        disabledAt: null,
        disabledCause: null,
        failingSince: null,
        slowedUntil: null,
        version: endpoint.version + 1,
        updatedAt: now,
      };
    }, keep);
