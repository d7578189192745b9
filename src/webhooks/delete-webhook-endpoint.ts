import { type Actor, appendAudit } from '../audit/audit';
import type { Database } from '../database/database';
import { orNull, toText, toTime } from '../database/decode';
import type { Keep } from '../database/keep';
import { databaseNow, sql } from '../database/sql';
import { Uuid } from '../database/uuid';
import { webhookEndpointNotFound } from './webhooks.errors';

export type DeleteWebhookEndpoint = (id: string, actor: Actor, keep?: Keep<void>) => Promise<void>;

/**
 * Removes a receiver and cancels what is still on its way to it. A delivery that a block writes at the same moment
 * is cancelled by its first attempt, which finds no endpoint.
 * @throws `webhook_endpoint.not_found`
 */
export function createDeleteWebhookEndpoint(database: Database): DeleteWebhookEndpoint {
  return (id, actor, keep) =>
    database.transaction(async (tx) => {
      const [[row], [time]] = await tx.read(
        sql`SELECT url, event_types, description FROM webhook_endpoints WHERE id = ${new Uuid(id)} FOR UPDATE`,
        databaseNow,
      );
      if (!row) throw webhookEndpointNotFound();
      tx.write(sql`DELETE FROM webhook_endpoints WHERE id = ${new Uuid(id)}`);
      const now = toTime(time?.now);
      tx.write(sql`UPDATE deliveries SET state = 'cancelled', finished_at = ${now}
        WHERE target = ${id} AND state = 'pending'`);
      const target = `webhook_endpoint:${id}`;
      tx.write(
        appendAudit([
          {
            actor,
            action: 'webhook_endpoint.delete',
            target,
            changedFields: [],
            before: {
              url: toText(row.url),
              eventTypes: JSON.parse(toText(row.event_types)) as unknown,
              description: orNull(toText, row.description),
            },
            occurredAt: now,
          },
        ]),
      );
    }, keep);
}
