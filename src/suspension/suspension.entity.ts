import { Entity } from 'typeorm';
import {
  BooleanColumn,
  IntegerColumn,
  PrimaryUuidColumn,
  TextColumn,
  TimeColumn,
} from '../database/entity-columns';
import type { SuspensionCategory, SuspensionSource } from './suspension-command';

/** How a suspension ended. */
export type EndCause = 'unblocked' | 'replaced' | 'expired';

/** One period in which a user is blocked. */
@Entity('suspensions')
export class Suspension {
  @PrimaryUuidColumn()
  id: string;

  @IntegerColumn('user_id')
  userId: number;

  /** The user's id while the suspension is open, else NULL: unique, so that at most one is open. */
  @IntegerColumn('open_user_id', { nullable: true })
  openUserId: number | null;

  /** Internal: never shown to the user. */
  @TextColumn('reason', { nullable: true })
  reason: string | null;

  /** The only reason that the user is told. */
  @TextColumn('reason_for_user', { nullable: true })
  reasonForUser: string | null;

  @TextColumn('category', { nullable: true })
  category: SuspensionCategory | null;

  /** The door that it came through. */
  @TextColumn('source')
  source: SuspensionSource;

  @TextColumn('actor')
  actor: string;

  @IntegerColumn('on_behalf_of_user_id', { nullable: true })
  onBehalfOfUserId: number | null;

  @TimeColumn('blocked_at')
  blockedAt: Date;

  @TimeColumn('blocked_until', { nullable: true })
  blockedUntil: Date | null;

  /** Whether the block asked for a webhook. */
  @BooleanColumn('notify_webhook')
  notifyWebhook: boolean;

  /** Whether the block asked for an e-mail. */
  @BooleanColumn('notify_email')
  notifyEmail: boolean;

  @TimeColumn('ended_at', { nullable: true })
  endedAt: Date | null;

  @TextColumn('ended_by', { nullable: true })
  endedBy: string | null;

  @IntegerColumn('ended_on_behalf_of_user_id', { nullable: true })
  endedOnBehalfOfUserId: number | null;

  @TextColumn('end_cause', { nullable: true })
  endCause: EndCause | null;
}
