import { Entity } from 'typeorm';
import { BooleanColumn, PrimaryUuidColumn, TextColumn, TimeColumn } from '../database/entity-columns';

/** A webhook receiver that somebody registered. */
@Entity('webhook_endpoints')
export class WebhookEndpoint {
  @PrimaryUuidColumn()
  id: string;

  @TextColumn('url')
  url: string;

  /** JSON array of event types. */
  @TextColumn('event_types')
  eventTypes: string;

  @TextColumn('description', { nullable: true })
  description: string | null;

  /** Encrypted (`database/encryption.ts`). */
  @TextColumn('secret')
  secret: string;

  @BooleanColumn('enabled')
  enabled: boolean;

  @TimeColumn('created_at')
  createdAt: Date;
}
