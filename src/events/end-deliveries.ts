import { toUuid } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { commaSeparated, currentTime, sql, type Statement } from '../database/sql';
import { Uuid } from '../database/uuid';
import type { ChannelName } from './channel';
import type { DeliveryState } from './delivery.entity';

/** What is not over yet, or may be taken up again. */
export type WaitingState = Extract<DeliveryState, 'pending' | 'held' | 'skipped'>;

/** How a delivery ends without an attempt of its own. */
type UntoldState = Extract<DeliveryState, 'cancelled' | 'skipped'>;

/** Rows that one transaction ends at most: each is short, and holds up nobody. */
export const END_BATCH = 500;

/** What is set where a delivery is over; the receiver's address is not kept any longer. */
export const ended = (state: UntoldState): Statement =>
  sql`state = ${state}, finished_at = ${currentTime}, lease_until = NULL, enqueued_at = NULL, recipient = NULL`;

/**
 * Locks a batch of what waits for one receiver. Passes by what somebody else holds or is just sending: its attempt says
 * what became of it, and finds the receiver gone or disabled if it has to be made again. In the order of the index that
 * begins with target and state: otherwise either engine may prefer to read what waits for everybody.
 */
export const lockWaiting = (channel: ChannelName, target: string, state: WaitingState): Statement =>
  sql`SELECT id FROM deliveries WHERE target = ${target} AND state = ${state} AND channel = ${channel}
    AND (lease_until IS NULL OR lease_until <= ${currentTime})
    ORDER BY event_type, created_at, id LIMIT ${END_BATCH} FOR UPDATE SKIP LOCKED`;

/** Ends the deliveries that were locked. */
export const endLocked = (rows: readonly Row[], state: UntoldState): Statement[] =>
  rows.length === 0
    ? []
    : [
        sql`UPDATE deliveries SET ${ended(state)}
          WHERE id IN (${commaSeparated(rows.map(({ id }) => new Uuid(toUuid(id))))})`,
      ];
