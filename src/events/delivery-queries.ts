import type { Database } from '../database/database';
import { orNull, toInteger, toText, toTime, toUuid } from '../database/decode';
import { sql } from '../database/sql';
import { Uuid } from '../database/uuid';
import type { EventType } from './catalogue';
import type { ChannelName } from './channel';
import type { DeliveryState } from './delivery.entity';

/** A delivery as it is shown. */
export interface DeliveryView {
  id: string;
  eventId: string;
  eventType: EventType;
  channel: ChannelName;
  target: string;
  state: DeliveryState;
  attempts: number;
  nextAttemptAt: Date;
  createdAt: Date;
  finishedAt: Date | null;
}

/** Up to `limit` deliveries about a user, newest first, after `position`. */
export async function pageDeliveries(
  database: Database,
  userId: number,
  limit: number,
  position: { createdAt: Date; key: string } | null,
): Promise<DeliveryView[]> {
  const after = position
    ? sql`AND (d.created_at < ${position.createdAt}
        OR (d.created_at = ${position.createdAt} AND d.id < ${new Uuid(position.key)}))`
    : sql``;
  const { rows } = await database.query(
    sql`SELECT d.id, d.event_id, e.type, d.channel, d.target, d.state, d.attempts, d.next_attempt_at, d.created_at,
      d.finished_at FROM deliveries d JOIN events e ON e.id = d.event_id WHERE d.user_id = ${userId} ${after}
      ORDER BY d.created_at DESC, d.id DESC LIMIT ${limit}`,
  );
  return rows.map((row) => ({
    id: toUuid(row.id),
    eventId: toUuid(row.event_id),
    eventType: toText(row.type) as EventType,
    channel: toText(row.channel) as ChannelName,
    target: toText(row.target),
    state: toText(row.state) as DeliveryState,
    attempts: toInteger(row.attempts),
    nextAttemptAt: toTime(row.next_attempt_at),
    createdAt: toTime(row.created_at),
    finishedAt: orNull(toTime, row.finished_at),
  }));
}
