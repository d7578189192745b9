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

  /** When it ends unless it is touched: where it has an idle timeout, a touch moves it. */
  @TimeColumn('expires_at')
  expiresAt: Date;

  /** Where it has an idle timeout: no touch moves its end beyond. */
  @TimeColumn('absolute_expires_at', { nullable: true })
  absoluteExpiresAt: Date | null;

  /** Seconds. */
  @IntegerColumn('idle_timeout', { nullable: true })
  idleTimeout: number | null;

  @TimeColumn('revoked_at', { nullable: true })
  revokedAt: Date | null;

  /** When it was last touched, to the minute; NULL where it never was. */
  @TimeColumn('last_seen_at', { nullable: true })
  lastSeenAt: Date | null;

  /** What the provider calls the device, and where it was seen last; gone as soon as the user is anonymised. */
  @TextColumn('device', { nullable: true })
  device: string | null;

  @TextColumn('address', { nullable: true })
  address: string | null;
}
