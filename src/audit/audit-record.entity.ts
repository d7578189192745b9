import { Entity } from 'typeorm';
import { PrimaryUuidColumn, TextColumn, TimeColumn } from '../database/entity-columns';
import type { AuditAction } from './audit';

/** Who did what. Append-only. */
@Entity('audit_records')
export class AuditRecord {
  @PrimaryUuidColumn()
  id: string;

  @TextColumn('actor')
  actor: string;

  @TextColumn('client_id', { nullable: true })
  clientId: string | null;

  @TextColumn('action')
  action: AuditAction;

  /** What it was done to, such as `user:101`. */
  @TextColumn('target')
  target: string;

  @TextColumn('request_id', { nullable: true })
  requestId: string | null;

  /** JSON array of the names of the fields that changed, never their values. */
  @TextColumn('changed_fields')
  changedFields: string;

  @TimeColumn('occurred_at')
  occurredAt: Date;
}
