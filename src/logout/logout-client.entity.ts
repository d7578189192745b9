import { Column, Entity } from 'typeorm';
import { BooleanColumn, PrimaryUuidColumn, TextColumn, TimeColumn } from '../database/entity-columns';

/** A client that is told when a user's session with it has ended (OpenID Connect Back-Channel Logout 1.0). */
@Entity('logout_clients')
export class LogoutClient {
  @PrimaryUuidColumn()
  id: string;

  /** The one that its sessions are opened with. */
  @TextColumn('client_id')
  clientId: string;

  @TextColumn('logout_uri')
  logoutUri: string;

  /** Whether it finds what to end by `sid` alone (section 2.2). */
  @BooleanColumn('session_required')
  sessionRequired: boolean;

  @BooleanColumn('enabled')
  enabled: boolean;

  @TextColumn('description', { nullable: true })
  description: string | null;

  /** The first failure since the last success. */
  @TimeColumn('failing_since', { nullable: true })
  failingSince: Date | null;

  /** Raised by each change that somebody made. */
  @Column({ name: 'version', type: 'int' })
  version: number;

  @TimeColumn('created_at')
  createdAt: Date;

  @TimeColumn('updated_at', { nullable: true })
  updatedAt: Date | null;
}
