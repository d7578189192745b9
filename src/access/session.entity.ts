import { Entity, PrimaryColumn } from 'typeorm';
import { IntegerColumn, TextColumn, TimeColumn } from '../database/entity-columns';

/** One signed-in session. Of one that retention has removed, `retired_session_ids` remembers the id (I2). */
@Entity('sessions')
export class Session {
  @PrimaryColumn({ name: 'sid', type: String })
  sid: string;

  @IntegerColumn('user_id')
  userId: number;

  @TextColumn('client_id')
  clientId: string;

  /** The user's access epoch at sign-in. The session is alive while it still is the user's. */
  @IntegerColumn('epoch')
  epoch: number;

  @TimeColumn('created_at')
  createdAt: Date;

  @TimeColumn('expires_at')
  expiresAt: Date;

  @TimeColumn('revoked_at', { nullable: true })
  revokedAt: Date | null;

  /** When it was last touched, to the minute; NULL where it never was. */
  @TimeColumn('last_seen_at', { nullable: true })
  lastSeenAt: Date | null;
}
