import { toBoolean } from '../database/decode';
import { sql } from '../database/sql';
import { Uuid } from '../database/uuid';
import { receiverGone } from '../events/deliveries.errors';
import type { AssertReceiver } from '../events/redeliver-delivery';

/** @throws `delivery.receiver_gone` */
export const assertLogoutClientReceives: AssertReceiver = async (tx, { target }) => {
  const [[row]] = await tx.read(sql`SELECT enabled FROM logout_clients WHERE id = ${new Uuid(target)}`);
  if (!row || !toBoolean(row.enabled)) throw receiverGone();
  return 'pending';
};
