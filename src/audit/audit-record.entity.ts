import { Entity } from 'typeorm';
import {
  BooleanColumn,
  IntegerColumn,
  PrimaryUuidColumn,
  TextColumn,
  TimeColumn,
} from '../database/entity-columns';

/** Who did what, and who was refused it. Append-only: the sealer alone adds its place in the chain. */
@Entity('audit_records')
export class AuditRecord {
  @PrimaryUuidColumn()
  id: string;

  @TextColumn('actor')
  actor: string;

  @TextColumn('client_id', { nullable: true })
  clientId: string | null;

  @TextColumn('action')
  action: string;

  /** What it was done to, such as `user:101`. */
  @TextColumn('target')
  target: string;

  @TextColumn('request_id', { nullable: true })
  requestId: string | null;

  /** JSON array of the names of the fields that changed, never their values. */
  @TextColumn('changed_fields')
  changedFields: string;

  @IntegerColumn('subject_user_id', { nullable: true })
  subjectUserId: number | null;

  /** `done` or `refused`. */
  @TextColumn('outcome')
  outcome: string;

  /** Why it was refused. */
  @TextColumn('code', { nullable: true })
  code: string | null;

  /** Of the row in `audit_values`, salted; null where nothing identifies anybody. */
  @TextColumn('values_hash', { nullable: true })
  valuesHash: string | null;

  /** Keyed hash of all above and of the time; null for records from before there was a key. */
  @TextColumn('seal', { nullable: true })
  seal: string | null;

  /** True until the sealer has chained it, then null. */
  @BooleanColumn('unchained', { nullable: true })
  unchained: boolean | null;

  @IntegerColumn('position', { nullable: true })
  position: number | null;

  @TextColumn('chain_hash', { nullable: true })
  chainHash: string | null;

  @TimeColumn('occurred_at')
  occurredAt: Date;
}
