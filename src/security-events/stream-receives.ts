import { toText } from '../database/decode';
import { currentTime, sql, type Statement } from '../database/sql';
import { Uuid } from '../database/uuid';
import { receiverGone, superseded } from '../events/deliveries.errors';
import { ofTheSameChange } from '../events/dispatch/claim-deliveries';
import type { AssertReceiver } from '../events/redeliver-delivery';
import { owedState } from './security-event-channel';

/**
 * What came later about the same user must not be told before it (SSF 1.0, section 8.1.2.1): the state of an account has
 * no place in an order that a receiver could see. What is not told yet waits behind it, and what is just being told counts as told.
 * @throws `delivery.receiver_gone`, `delivery.superseded`
 */
export const assertStreamReceives: AssertReceiver = async (tx, { id, target }) => {
  const [[stream], , told] = await tx.read(
    sql`SELECT method, status FROM security_event_streams WHERE id = ${new Uuid(target)} AND status <> 'disabled'`,
    lockLater(id),
    selectLater(
      id,
      sql`d.delivered_at IS NOT NULL OR d.state = 'delivered' OR d.lease_until > ${currentTime}`,
    ),
  );
  if (!stream) throw receiverGone();
  if (told.length > 0) throw superseded();
  return owedState({ method: toText(stream.method), status: toText(stream.status) });
};

/** Of those about the same user, to the same stream. */
const selectLater = (id: string, which: Statement): Statement =>
  sql`SELECT d.id FROM deliveries o JOIN deliveries d ON d.user_id = o.user_id AND d.channel = o.channel
    AND d.target = o.target AND d.sequence > o.sequence WHERE o.id = ${new Uuid(id)} AND NOT ${ofTheSameChange}
    AND (${which})`;

/** So that none is begun until this one stands before it. */
const lockLater = (id: string): Statement =>
  sql`${selectLater(id, sql`d.state IN ('pending', 'held')`)} ORDER BY d.id FOR UPDATE`;
