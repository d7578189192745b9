import { Entity } from 'typeorm';
import { IntegerColumn, PrimaryIntegerColumn, TimeColumn } from '../database/entity-columns';

/** That one user has blocked another for herself; the other way round is an entry of its own. */
@Entity('block_list_entries')
export class BlockListEntry {
  /** Grows with each entry. Those of one list are made one after the other, so that it is their order. */
  @PrimaryIntegerColumn('position')
  position: number;

  @IntegerColumn('owner_id')
  ownerId: number;

  @IntegerColumn('blocked_id')
  blockedId: number;

  @TimeColumn('created_at')
  createdAt: Date;
}
