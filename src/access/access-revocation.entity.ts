import { Entity, PrimaryColumn } from 'typeorm';
import { IntegerColumn, TextColumn, TimeColumn } from '../database/entity-columns';
import { toInteger } from '../database/decode';
import type { RevocationCause } from '../events/catalogue';

/** One end of access: of all of a user's sessions, or of one session. Append-only. */
@Entity('access_revocations')
export class AccessRevocation {
  @PrimaryColumn({
    name: 'position',
    type: 'bigint',
    transformer: { from: toInteger, to: (value: number) => value },
  })
  position: number;

  @TextColumn('uid')
  uid: string;

  /** Where one session ended; NULL where all did. */
  @TextColumn('sid', { nullable: true })
  sid: string | null;

  /** The user's epoch from then on. */
  @IntegerColumn('epoch')
  epoch: number;

  @TextColumn('cause')
  cause: RevocationCause;

  @TimeColumn('revoked_at')
  revokedAt: Date;
}
