import type { Logger } from 'pino';
import { type Actor, appendAudit } from '../audit/audit';
import type { Database } from '../database/database';
import type { Keep } from '../database/keep';
import { sql } from '../database/sql';
import { Uuid } from '../database/uuid';
import { cancelWaiting } from '../events/cancel-waiting';
import { lockWebhookEndpoint } from './lock-webhook-endpoint';

export type DeleteWebhookEndpoint = (id: string, actor: Actor, keep?: Keep<void>) => Promise<void>;

/**
 * Removes a receiver, and then cancels what waited for it or was skipped, in bounded batches: however much that is, no
 * transaction grows with it. What they do not reach, because it is more, a block writes it at the same moment, its attempt is
 * under way or the process dies, is cancelled by its next attempt, which finds no endpoint; what was skipped has none,
 * and stays as it is until retention removes it.
 * @throws `webhook_endpoint.not_found`
 */
export function createDeleteWebhookEndpoint(database: Database, log: Logger): DeleteWebhookEndpoint {
  return async (id, actor, keep) => {
    await database.transaction(async (tx) => {
      const { endpoint, now } = await lockWebhookEndpoint(tx, id);
      const { url, eventTypes, description } = endpoint;
      tx.write(sql`DELETE FROM webhook_endpoints WHERE id = ${new Uuid(id)}`);
      tx.write(
        appendAudit([
          {
            actor,
            action: 'webhook_endpoint.delete',
            target: `webhook_endpoint:${id}`,
            changedFields: [],
            before: { url, eventTypes: JSON.parse(eventTypes) as unknown, description },
            occurredAt: now,
          },
        ]),
      );
    }, keep);
    // The endpoint is gone, whatever becomes of this: the caller must not be told that nothing was changed.
    await cancelWaiting(database, 'webhook', id, ['pending', 'skipped']).catch((error: unknown) => {
      log.warn(
        { err: error, endpointId: id },
        'not all deliveries to a deleted endpoint could be cancelled yet',
      );
    });
  };
}
