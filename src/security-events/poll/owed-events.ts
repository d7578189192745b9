import type { Database } from '../../database/database';
import { orNull, toInteger, toText, toTime, toUuid } from '../../database/decode';
import type { Row } from '../../database/engines/engine';
import { sql } from '../../database/sql';
import type { EventType } from '../../events/catalogue';
import { type DeliveryPosition, selectDeliveryKeys } from '../../events/delivery-keys';
import { type ToldEvent, transactionOf } from '../security-event-token';

/** Deliveries that one read looks at. */
const WINDOW = 250;

/** Reads of one poll at most, where most of what is owed has to wait. */
const MOST_WINDOWS = 4;

export interface OwedEvents {
  /** In the order in which they happened. */
  events: ToldEvent[];
  /** Whether more is owed, which may have to wait until these are acknowledged. */
  more: boolean;
}

interface OwedEvent extends ToldEvent {
  userId: number | null;
  createdAt: Date;
  /** It is still being pushed, or waits to be moved: what came after it about the same user waits, too. */
  isPending: boolean;
}

/**
 * The oldest that a stream is owed. Of one user it is what a single change has made, and the next change follows once
 * that is acknowledged: the members of a JSON object have no order, and who applies `account-enabled` before
 * `account-disabled` lets somebody in (I5). What one change has made may be applied in any order.
 * @param types of events that the stream may be told of now
 */
export async function readOwed(
  database: Database,
  streamId: string,
  types: readonly EventType[],
  limit: number,
): Promise<OwedEvents> {
  const events: OwedEvent[] = [];
  const changes = new Map<number, string>();
  const isNext = ({ userId, event, isPending }: OwedEvent): boolean => {
    if (userId === null) return !isPending;
    const change = changes.get(userId) ?? transactionOf(event);
    changes.set(userId, change);
    return !isPending && change === transactionOf(event);
  };
  let after: DeliveryPosition | null = null;
  for (let windows = 0; windows < MOST_WINDOWS; windows++) {
    const window: OwedEvent[] = await readWindow(database, streamId, types, after);
    const next = window.filter(isNext);
    events.push(...next);
    if (events.length > limit) return { events: events.slice(0, limit), more: true };
    const last = window.at(-1);
    if (!last || window.length < WINDOW) return { events, more: changesWait(window, next, windows) };
    after = { createdAt: last.createdAt, key: last.id };
  }
  return { events, more: true };
}

/** Whether something was passed by. Behind a full window there was some nearly always, and to ask once more is harmless. */
const changesWait = (window: readonly OwedEvent[], next: readonly OwedEvent[], windows: number): boolean =>
  windows > 0 || next.length < window.length;

async function readWindow(
  database: Database,
  target: string,
  eventTypes: readonly EventType[],
  after: DeliveryPosition | null,
): Promise<OwedEvent[]> {
  const keys = selectDeliveryKeys(
    { target, eventTypes, states: ['held', 'pending'] },
    { order: 'oldest first', limit: WINDOW, after },
  );
  const { rows } =
    await database.query(sql`SELECT d.id, d.user_id, d.state, d.created_at, e.id AS event_id, e.type,
    e.payload, e.occurred_at FROM (${keys}) page JOIN deliveries d ON d.id = page.id
    JOIN events e ON e.id = d.event_id ORDER BY page.created_at, page.id`);
  return rows.map(toOwed);
}

const toOwed = (row: Row): OwedEvent => ({
  id: toUuid(row.id),
  userId: orNull(toInteger, row.user_id),
  createdAt: toTime(row.created_at),
  isPending: toText(row.state) === 'pending',
  event: {
    id: toUuid(row.event_id),
    type: toText(row.type) as EventType,
    payload: toText(row.payload),
    occurredAt: toTime(row.occurred_at),
  },
});
