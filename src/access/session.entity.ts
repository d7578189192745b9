import { Entity, PrimaryColumn } from 'typeorm';
import { IntegerColumn, TextColumn, TimeColumn } from '../database/entity-columns';

/** One signed-in session. Rows stay, so that a session id is never accepted twice (I2). */
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
}
