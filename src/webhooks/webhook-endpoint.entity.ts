import { Column, Entity } from 'typeorm';
import { BooleanColumn, PrimaryUuidColumn, TextColumn, TimeColumn } from '../database/entity-columns';

/** A webhook receiver that somebody registered. */
@Entity('webhook_endpoints')
export class WebhookEndpoint {
  @PrimaryUuidColumn()
  id: string;

  @TextColumn('url')
  url: string;

  /** JSON array of event types and patterns (`user.*`). */
  @TextColumn('event_types')
  eventTypes: string;

  @TextColumn('description', { nullable: true })
  description: string | null;

  /** Encrypted (`database/encryption.ts`). */
  @TextColumn('secret')
  secret: string;

  /** The secret before the last rotation, encrypted like the other: both sign until its time has come. */
  @TextColumn('previous_secret', { nullable: true })
  previousSecret: string | null;

  @TimeColumn('previous_secret_until', { nullable: true })
  previousSecretUntil: Date | null;

  /** `v1`: HMAC-SHA256; `v1a`: Ed25519 (both Standard Webhooks); `guardhouse`: X-Hub-Signature and its body. */
  @TextColumn('signature')
  signature: 'v1' | 'v1a' | 'guardhouse';

  /** `thin`: ids alone, for receivers that must not hold personal data. */
  @TextColumn('payload')
  payload: 'full' | 'thin';

  /** JSON array of the headers that each webhook carries besides ours, encrypted: they often hold a secret. */
  @TextColumn('headers', { nullable: true })
  headers: string | null;

  /** E-mail address of who is told when it is disabled. */
  @TextColumn('contact', { nullable: true })
  contact: string | null;

  /** Webhooks a second at most. */
  @Column({ name: 'rate', type: 'int', nullable: true })
  rate: number | null;

  /** For one attempt in all; null for the worker's own limit. */
  @Column({ name: 'timeout_ms', type: 'int', nullable: true })
  timeoutMs: number | null;

  @BooleanColumn('enabled')
  enabled: boolean;

  @TimeColumn('disabled_at', { nullable: true })
  disabledAt: Date | null;

  /** `request`: somebody asked for it; `failing`: not one success in days; `gone`: it answered 410. */
  @TextColumn('disabled_cause', { nullable: true })
  disabledCause: 'request' | 'failing' | 'gone' | null;

  /** The first failure since the last success. */
  @TimeColumn('failing_since', { nullable: true })
  failingSince: Date | null;

  /** It asked for a pause (429, 502, 504): nothing is sent before. */
  @TimeColumn('slowed_until', { nullable: true })
  slowedUntil: Date | null;

  /** Raised by each change that somebody made. */
  @Column({ name: 'version', type: 'int' })
  version: number;

  @TimeColumn('created_at')
  createdAt: Date;

  @TimeColumn('updated_at', { nullable: true })
  updatedAt: Date | null;
}
