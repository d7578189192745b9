import { toBoolean } from '../database/decode';
import { sql } from '../database/sql';
import type { Transaction } from '../database/transaction';
import { Uuid } from '../database/uuid';
import { receiverGone } from '../events/deliveries.errors';
import type { AssertReceiver } from '../events/redeliver-delivery';
import { webhookEndpointDisabled, webhookEndpointNotFound } from './webhooks.errors';

/** @throws `webhook_endpoint.not_found`, `webhook_endpoint.disabled` */
export async function assertEnabled(tx: Transaction, endpointId: string): Promise<void> {
  const state = await stateOf(tx, endpointId);
  if (state === 'gone') throw webhookEndpointNotFound();
  if (state === 'disabled') throw webhookEndpointDisabled();
}

/** @throws `delivery.receiver_gone`, `webhook_endpoint.disabled` */
export const assertEndpointReceives: AssertReceiver = async (tx, { target }) => {
  const state = await stateOf(tx, target);
  if (state === 'gone') throw receiverGone();
  if (state === 'disabled') throw webhookEndpointDisabled();
  return 'pending';
};

async function stateOf(tx: Transaction, endpointId: string): Promise<'enabled' | 'disabled' | 'gone'> {
  const [[row]] = await tx.read(
    sql`SELECT enabled FROM webhook_endpoints WHERE id = ${new Uuid(endpointId)}`,
  );
  if (!row) return 'gone';
  return toBoolean(row.enabled) ? 'enabled' : 'disabled';
}
