import { Column, Entity } from 'typeorm';
import {
  IntegerColumn,
  PrimaryUuidColumn,
  TextColumn,
  TimeColumn,
  UuidColumn,
} from '../database/entity-columns';
import type { EventType } from './catalogue';
import type { ChannelName } from './channel';

/**
 * `pending` until told; then `delivered`, or `dead` (given up), `cancelled` (its receiver is gone) or `skipped` (its
 * receiver is disabled). `held` waits for a receiver that fetches what it is owed, or has paused.
 */
export const DELIVERY_STATES = ['pending', 'held', 'delivered', 'dead', 'cancelled', 'skipped'] as const;

export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One event on its way to one receiver over one channel. The row is the schedule (DESIGN.md, step 4). */
@Entity('deliveries')
export class Delivery {
  @PrimaryUuidColumn()
  id: string;

  @UuidColumn('event_id')
  eventId: string;

  /** The event's, so that a list finds it by index; null in rows that the version before wrote. */
  @TextColumn('event_type', { nullable: true })
  eventType: EventType | null;

  @IntegerColumn('user_id', { nullable: true })
  userId: number | null;

  /** The event's place among those of its user (I5). */
  @IntegerColumn('sequence', { nullable: true })
  sequence: number | null;

  @TextColumn('channel')
  channel: ChannelName;

  /** Whom the channel tells: an endpoint's id, a user's id. */
  @TextColumn('target')
  target: string;

  @TextColumn('state')
  state: DeliveryState;

  /** Attempts that were begun. */
  @Column({ name: 'attempts', type: 'int' })
  attempts: number;

  /** Attempts made before somebody repaired it: the schedule begins anew after them. */
  @Column({ name: 'schedule_base', type: 'int' })
  scheduleBase: number;

  @TimeColumn('next_attempt_at')
  nextAttemptAt: Date;

  /** While it lasts, one worker holds the delivery. */
  @TimeColumn('lease_until', { nullable: true })
  leaseUntil: Date | null;

  /** When it was last handed to the queue; goes stale, so that a queue that lost its data loses nothing. */
  @TimeColumn('enqueued_at', { nullable: true })
  enqueuedAt: Date | null;

  @TimeColumn('created_at')
  createdAt: Date;

  /** When it first succeeded; a replay does not change it. */
  @TimeColumn('delivered_at', { nullable: true })
  deliveredAt: Date | null;

  @TimeColumn('finished_at', { nullable: true })
  finishedAt: Date | null;

  /** Encrypted, and only until the delivery is finished: see `delivery-recipient.ts`. */
  @TextColumn('recipient', { nullable: true })
  recipient: string | null;
}
