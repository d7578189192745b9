import { toTime } from '../database/decode';
import { databaseNow, sql } from '../database/sql';
import type { Transaction } from '../database/transaction';
import { Uuid } from '../database/uuid';
import { WebhookEndpoint } from './webhook-endpoint.entity';
import { webhookEndpointNotFound } from './webhooks.errors';

/**
 * Locks an endpoint for a change that somebody asks for, and reads it as it is then.
 * @returns the endpoint, and the time after the lock was had
 * @throws `webhook_endpoint.not_found`
 */
export async function lockWebhookEndpoint(
  tx: Transaction,
  id: string,
): Promise<{ endpoint: WebhookEndpoint; now: Date }> {
  const [, [time]] = await tx.read(
    sql`SELECT id FROM webhook_endpoints WHERE id = ${new Uuid(id)} FOR UPDATE`,
    databaseNow,
  );
  const endpoint = await (await tx.entities()).findOneBy(WebhookEndpoint, { id });
  if (!endpoint) throw webhookEndpointNotFound();
  return { endpoint, now: toTime(time?.now) };
}
