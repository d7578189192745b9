import { Entity } from 'typeorm';
import {
  BooleanColumn,
  IntegerColumn,
  PrimaryIntegerColumn,
  TextColumn,
  TimeColumn,
} from '../database/entity-columns';

/** An account of the identity provider, as the table `users` holds it. */
@Entity('users')
export class User {
  @PrimaryIntegerColumn()
  id: number;

  /** The `sub` of the user's tokens. */
  @TextColumn('uid')
  uid: string;

  @TextColumn('email', { nullable: true })
  email: string | null;

  /** The e-mail in lower case, to be found by. */
  @TextColumn('email_key', { nullable: true })
  emailKey: string | null;

  @TextColumn('first_name', { nullable: true })
  firstName: string | null;

  @TextColumn('last_name', { nullable: true })
  lastName: string | null;

  /** BCP 47. */
  @TextColumn('locale', { nullable: true })
  locale: string | null;

  @BooleanColumn('suspended')
  suspended: boolean;

  @TimeColumn('suspended_until', { nullable: true })
  suspendedUntil: Date | null;

  @TimeColumn('deactivated_at', { nullable: true })
  deactivatedAt: Date | null;

  /** A break-glass account: `users:block-protected` is needed to take its access away. */
  @BooleanColumn('protected')
  protected: boolean;

  /** Only ever grows; a credential made under an older epoch is dead (I2). */
  @IntegerColumn('access_epoch')
  accessEpoch: number;

  @TimeColumn('access_revoked_at', { nullable: true })
  accessRevokedAt: Date | null;

  /** The sequence number of the user's last event (I5). */
  @IntegerColumn('event_sequence')
  eventSequence: number;

  @IntegerColumn('version')
  version: number;

  @TimeColumn('created_at')
  createdAt: Date;

  @TimeColumn('updated_at')
  updatedAt: Date;
}
