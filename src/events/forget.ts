import { toText, toUuid } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { commaSeparated, sql, type Statement } from '../database/sql';
import { Uuid } from '../database/uuid';
import type { SuspensionEventData } from './catalogue';
import type { ChannelName } from './channel';
import { ended } from './end-deliveries';

/** What an event says once its user was erased; its row tells type, sequence and time. */
const ERASED_PAYLOAD = JSON.stringify({ erased: true });

/** Whether an event still says something; over the alias `e`. */
export const hasContent: Statement = sql`e.payload <> ${ERASED_PAYLOAD}`;

/** Cancels what is on its way about a user. Her row must be locked, so that nothing is added meanwhile. */
export const cancelDeliveries = (userId: number): Statement =>
  sql`UPDATE deliveries SET ${ended('cancelled')} WHERE user_id = ${userId} AND state = 'pending'`;

/** The same for one channel alone. */
export const cancelDeliveriesOver = (channel: ChannelName, userId: number): Statement =>
  sql`UPDATE deliveries SET ${ended('cancelled')} WHERE user_id = ${userId} AND state = 'pending' AND channel = ${channel}`;

/** The deliveries about a user, for `forgetAnswers`. */
export const selectDeliveryIds = (userId: number): Statement =>
  sql`SELECT id FROM deliveries WHERE user_id = ${userId}`;

/**
 * Blanks what receivers answered, which may repeat what they were sent. By key: MariaDB would read the whole table for
 * a subquery.
 */
export function forgetAnswers(deliveryRows: readonly Row[]): Statement[] {
  if (deliveryRows.length === 0) return [];
  const ids = commaSeparated(deliveryRows.map(({ id }) => new Uuid(toUuid(id))));
  return [sql`UPDATE delivery_attempts SET error = NULL, response = NULL WHERE delivery_id IN (${ids})`];
}

/** Blanks every event of a user. */
export const forgetPayloads = (userId: number): Statement =>
  sql`UPDATE events SET payload = ${ERASED_PAYLOAD} WHERE user_id = ${userId}`;

/** The events of a user, for `forgetReasons`. */
export const selectPayloads = (userId: number): Statement =>
  sql`SELECT id, payload FROM events WHERE user_id = ${userId}`;

/** Takes the reasons out of the events that have one; whoever has still to be told is told without it. */
export const forgetReasons = (eventRows: readonly Row[]): Statement[] =>
  eventRows.flatMap(({ id, payload }) => {
    const envelope = JSON.parse(toText(payload)) as { data?: Partial<SuspensionEventData> };
    const { reason = null, reasonForUser = null } = envelope.data ?? {};
    if (reason === null && reasonForUser === null) return [];
    const without = JSON.stringify({
      ...envelope,
      data: { ...envelope.data, reason: null, reasonForUser: null },
    });
    return [sql`UPDATE events SET payload = ${without} WHERE id = ${new Uuid(toUuid(id))}`];
  });
