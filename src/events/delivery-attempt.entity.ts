import { Column, Entity, PrimaryColumn } from 'typeorm';
import { PrimaryUuidColumn, TextColumn, TimeColumn } from '../database/entity-columns';
import type { ErrorKind } from './channel';

/** One try at one delivery, with its outcome. */
@Entity('delivery_attempts')
export class DeliveryAttempt {
  @PrimaryUuidColumn('delivery_id')
  deliveryId: string;

  /** From 1. */
  @PrimaryColumn({ name: 'number', type: 'int' })
  number: number;

  @TimeColumn('started_at')
  startedAt: Date;

  @Column({ name: 'took_ms', type: 'int' })
  tookMs: number;

  @TextColumn('outcome')
  outcome: 'succeeded' | 'retry' | 'gave_up' | 'cancelled' | 'skipped';

  /** HTTP status or SMTP reply code. */
  @Column({ name: 'status_code', type: 'int', nullable: true })
  statusCode: number | null;

  @TextColumn('error_kind', { nullable: true })
  errorKind: ErrorKind | null;

  /** In words, without secrets. */
  @TextColumn('error', { nullable: true })
  error: string | null;

  /** JSON object of what was sent besides the body, without secrets. */
  @TextColumn('request_headers', { nullable: true })
  requestHeaders: string | null;

  /** The beginning of what the receiver answered. */
  @TextColumn('response', { nullable: true })
  response: string | null;
}
