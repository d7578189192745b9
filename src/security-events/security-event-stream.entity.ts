import { Column, Entity } from 'typeorm';
import { PrimaryUuidColumn, TextColumn, TimeColumn } from '../database/entity-columns';

/** A receiver of security events (SSF 1.0, section 8.1.1). A client has one at most. */
@Entity('security_event_streams')
export class SecurityEventStream {
  @PrimaryUuidColumn()
  id: string;

  /** Who made it, and the `aud` of its tokens. */
  @TextColumn('client_id')
  clientId: string;

  @TextColumn('method')
  method: 'push' | 'poll';

  /** Where tokens are pushed; null where they are polled. */
  @TextColumn('endpoint_url', { nullable: true })
  endpointUrl: string | null;

  /** `Authorization` of each push, encrypted (`authorization-header.ts`). */
  @TextColumn('authorization_header', { nullable: true })
  authorizationHeader: string | null;

  /** JSON array as it was asked for; null where everything is wanted. */
  @TextColumn('events_requested', { nullable: true })
  eventsRequested: string | null;

  @TextColumn('description', { nullable: true })
  description: string | null;

  @TextColumn('status')
  status: StreamStatus;

  @TextColumn('status_reason', { nullable: true })
  statusReason: string | null;

  /** When what is owed was last to be moved, see `settle-streams.ts`. */
  @TimeColumn('status_changed_at', { nullable: true })
  statusChangedAt: Date | null;

  /** The first failed push since the last that was taken. */
  @TimeColumn('failing_since', { nullable: true })
  failingSince: Date | null;

  /** Nothing is pushed before. */
  @TimeColumn('slowed_until', { nullable: true })
  slowedUntil: Date | null;

  /** When a verification was last asked for. */
  @TimeColumn('verified_at', { nullable: true })
  verifiedAt: Date | null;

  /** When its receiver last polled, or managed it. */
  @TimeColumn('polled_at', { nullable: true })
  polledAt: Date | null;

  /** Raised by each change that its receiver made. */
  @Column({ name: 'version', type: 'int' })
  version: number;

  @TimeColumn('created_at')
  createdAt: Date;

  @TimeColumn('updated_at', { nullable: true })
  updatedAt: Date | null;
}

/** SSF 1.0, section 8.1.2.1. */
export type StreamStatus = 'enabled' | 'paused' | 'disabled';
