import { Column, Entity } from 'typeorm';
import { IntegerColumn, PrimaryUuidColumn, TextColumn, TimeColumn } from '../database/entity-columns';
import type { EventType } from './catalogue';

/** One fact that happened. Written once. */
@Entity('events')
export class Event {
  @PrimaryUuidColumn()
  id: string;

  @IntegerColumn('user_id', { nullable: true })
  userId: number | null;

  /** Another user whom the payload names. */
  @IntegerColumn('other_user_id', { nullable: true })
  otherUserId: number | null;

  /** Grows with each event of the user (I5). */
  @IntegerColumn('sequence', { nullable: true })
  sequence: number | null;

  @TextColumn('type')
  type: EventType;

  @Column({ name: 'schema_version', type: 'smallint' })
  schemaVersion: number;

  /** JSON, as `catalogue.ts` describes it for the type. */
  @TextColumn('payload')
  payload: string;

  @TimeColumn('occurred_at')
  occurredAt: Date;
}
