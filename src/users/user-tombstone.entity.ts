import { Entity } from 'typeorm';
import { IntegerColumn, PrimaryIntegerColumn, TextColumn, TimeColumn } from '../database/entity-columns';

/** What is left of an erased user. Rows stay for ever. */
@Entity('user_tombstones')
export class UserTombstone {
  @PrimaryIntegerColumn('user_id')
  userId: number;

  /** Keyed: see `tombstones.ts`. */
  @TextColumn('uid_hash')
  uidHash: string;

  /** The user's last epoch: every credential of hers was made under an older one. */
  @IntegerColumn('access_epoch')
  accessEpoch: number;

  /** The sequence number of her last event, `user.deleted`. */
  @IntegerColumn('event_sequence')
  eventSequence: number;

  @TimeColumn('erased_at')
  erasedAt: Date;
}
