import { toText, toUuid } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { commaSeparated, lockInKeyOrder, sql, type Statement, unionAll } from '../database/sql';
import { Uuid } from '../database/uuid';
import type { AccessEventData, SuspensionEventData } from './catalogue';
import type { ChannelName } from './channel';
import { ended } from './end-deliveries';

/** What an event says once its user was erased; its row tells type, sequence and time. */
const ERASED_PAYLOAD = JSON.stringify({ erased: true });

/** How it begins, also where something is left for those who have still to be told. */
const ERASED = ERASED_PAYLOAD.slice(0, -1);

/** Whether an event says all that it said; over the alias `e`. */
export const hasContent: Statement = sql`e.payload NOT LIKE ${`${ERASED}%`}`;

/** Whether it still says whose access ended. */
export const namesUser: Statement = sql`e.payload <> ${ERASED_PAYLOAD}`;

/**
 * Locks what tells of two users, before either's erasure changes it: both may be erased at the same moment. Her row must be
 * locked, so that nothing is added meanwhile.
 */
export const lockShared = (userId: number): Statement[] => {
  const whereShared = [
    sql`WHERE e.user_id = ${userId} AND e.other_user_id IS NOT NULL`,
    sql`WHERE e.other_user_id = ${userId}`,
  ];
  const deliveries = whereShared.map(
    (where) => sql`SELECT d.id FROM events e JOIN deliveries d ON d.event_id = e.id ${where}`,
  );
  const events = whereShared.map((where) => sql`SELECT e.id FROM events e ${where}`);
  return [
    lockInKeyOrder('deliveries', 'id', unionAll(deliveries)),
    lockInKeyOrder('events', 'id', unionAll(events)),
  ];
};

/**
 * Cancels what is on its way about a user, but for channels that must tell all the same. Her row must be locked, so that
 * nothing is added meanwhile.
 * @param naming by `selectNamingIds`
 */
export const cancelDeliveries = (
  userId: number,
  butFor: readonly ChannelName[],
  naming: readonly Row[],
): Statement[] => [
  cancelWhere(sql`user_id = ${userId} AND channel NOT IN (${commaSeparated(butFor)})`),
  ...(naming.length > 0 ? [cancelWhere(sql`id IN (${idsOf(naming)})`)] : []),
];

/** Cancels what cannot be told any more: its event was blanked. */
export const cancelBlanked = (userId: number): Statement =>
  cancelWhere(
    sql`user_id = ${userId} AND event_id IN (SELECT e.id FROM events e WHERE e.user_id = ${userId} AND NOT (${namesUser}))`,
  );

/** The same for one channel alone. */
export const cancelDeliveriesOver = (channel: ChannelName, userId: number): Statement =>
  sql`UPDATE deliveries SET ${ended('cancelled')} WHERE user_id = ${userId} AND state = 'pending' AND channel = ${channel}`;

const cancelWhere = (condition: Statement): Statement =>
  sql`UPDATE deliveries SET ${ended('cancelled')} WHERE ${condition} AND state IN ('pending', 'held')`;

const idsOf = (deliveryRows: readonly Row[]): Statement =>
  commaSeparated(deliveryRows.map(({ id }) => new Uuid(toUuid(id))));

/** The deliveries about a user, for `forgetAnswers`. */
export const selectDeliveryIds = (userId: number): Statement =>
  sql`SELECT id FROM deliveries WHERE user_id = ${userId}`;

/** The deliveries of other users' events that name her. */
export const selectNamingIds = (userId: number): Statement =>
  sql`SELECT d.id FROM events e JOIN deliveries d ON d.event_id = e.id WHERE e.other_user_id = ${userId}`;

/**
 * Blanks what receivers answered, which may repeat what they were sent. By key: MariaDB would read the whole table for
 * a subquery.
 */
export function forgetAnswers(deliveryRows: readonly Row[]): Statement[] {
  if (deliveryRows.length === 0) return [];
  return [
    sql`UPDATE delivery_attempts SET error = NULL, response = NULL WHERE delivery_id IN (${idsOf(deliveryRows)})`,
  ];
}

/** The events of a user that these channels have still to tell, for `forgetPayloads`. */
export const selectOwed = (userId: number, channels: readonly ChannelName[]): Statement =>
  sql`SELECT e.id, e.payload FROM events e WHERE e.user_id = ${userId} AND EXISTS (SELECT 1 FROM deliveries d
    WHERE d.event_id = e.id AND d.state IN ('pending', 'held') AND d.channel IN (${commaSeparated(channels)}))`;

/** Blanks every event of a user, and those of others that name her; of those that are owed stays whose access ended, and which session's. */
export function forgetPayloads(userId: number, owedRows: readonly Row[]): Statement[] {
  return [
    sql`UPDATE events SET payload = ${ERASED_PAYLOAD} WHERE user_id = ${userId}`,
    sql`UPDATE events SET payload = ${ERASED_PAYLOAD} WHERE other_user_id = ${userId}`,
    ...owedRows.map(
      ({ id, payload }) =>
        sql`UPDATE events SET payload = ${owedWords(toText(payload))} WHERE id = ${new Uuid(toUuid(id))}`,
    ),
  ];
}

/** No more than is sent of an end of access; of reasons, nothing. */
function owedWords(payload: string): string {
  const {
    type,
    timestamp,
    data = {},
  } = JSON.parse(payload) as {
    data?: Partial<AccessEventData>;
  } & Record<string, unknown>;
  const { userId, uid, sequence, epoch, cause, actor, session, causedBy } = data;
  const left = { type, timestamp, data: { userId, uid, sequence, epoch, cause, actor, session, causedBy } };
  return `${ERASED},${JSON.stringify(left).slice(1)}`;
}

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
