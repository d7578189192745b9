import type { Database } from '../database/database';
import { orNull, toInteger, toText, toTime, toUuid } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { sql, type Statement } from '../database/sql';
import { Uuid } from '../database/uuid';
import type { EventType } from './catalogue';
import type { ChannelName } from './channel';
import { type DeliveryFilter, type DeliveryPosition, selectDeliveryKeys } from './delivery-keys';
import type { DeliveryState } from './delivery.entity';

/** A delivery as it is shown, with what its event tells of itself but for the payload. */
export interface DeliveryView {
  id: string;
  eventId: string;
  eventType: EventType;
  userId: number | null;
  sequence: number | null;
  occurredAt: Date;
  channel: ChannelName;
  target: string;
  state: DeliveryState;
  attempts: number;
  nextAttemptAt: Date;
  createdAt: Date;
  deliveredAt: Date | null;
  finishedAt: Date | null;
}

/** Over the aliases `d` and `e`. Type and sequence are the event's: old rows do not have them themselves. */
export const deliveryColumns: Statement = sql`d.id, d.event_id, e.type, d.user_id, e.sequence, e.occurred_at, d.channel,
  d.target, d.state, d.attempts, d.next_attempt_at, d.created_at, d.delivered_at, d.finished_at`;

export const toDeliveryView = (row: Row): DeliveryView => ({
  id: toUuid(row.id),
  eventId: toUuid(row.event_id),
  eventType: toText(row.type) as EventType,
  userId: orNull(toInteger, row.user_id),
  sequence: orNull(toInteger, row.sequence),
  occurredAt: toTime(row.occurred_at),
  channel: toText(row.channel) as ChannelName,
  target: toText(row.target),
  state: toText(row.state) as DeliveryState,
  attempts: toInteger(row.attempts),
  nextAttemptAt: toTime(row.next_attempt_at),
  createdAt: toTime(row.created_at),
  deliveredAt: orNull(toTime, row.delivered_at),
  finishedAt: orNull(toTime, row.finished_at),
});

/** Up to `limit` deliveries, newest first, after a position. */
export async function pageDeliveries(
  database: Database,
  filter: DeliveryFilter,
  limit: number,
  after: DeliveryPosition | null,
): Promise<DeliveryView[]> {
  const keys = selectDeliveryKeys(filter, { order: 'newest first', limit, after });
  const { rows } = await database.query(
    sql`SELECT ${deliveryColumns} FROM (${keys}) page JOIN deliveries d ON d.id = page.id
      JOIN events e ON e.id = d.event_id ORDER BY page.created_at DESC, page.id DESC`,
  );
  return rows.map(toDeliveryView);
}

export async function findDelivery(database: Database, id: string): Promise<DeliveryView | null> {
  const { rows } = await database.query(
    sql`SELECT ${deliveryColumns} FROM deliveries d JOIN events e ON e.id = d.event_id WHERE d.id = ${new Uuid(id)}`,
  );
  return rows[0] ? toDeliveryView(rows[0]) : null;
}
