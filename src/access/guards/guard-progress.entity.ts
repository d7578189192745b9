import { Entity, PrimaryColumn } from 'typeorm';
import { PrimaryIntegerColumn, TimeColumn } from '../../database/entity-columns';

/** When a guard was told all up to a position, and when it said that it had applied it. */
@Entity('guard_progress')
export class GuardProgress {
  @PrimaryColumn({ name: 'client_id', type: String })
  clientId: string;

  @PrimaryColumn({ name: 'instance_id', type: String })
  instanceId: string;

  @PrimaryIntegerColumn('position')
  position: number;

  /** NULL where another process told it, which has died since. */
  @TimeColumn('told_at', { nullable: true })
  toldAt: Date | null;

  @TimeColumn('acknowledged_at', { nullable: true })
  acknowledgedAt: Date | null;

  @TimeColumn('recorded_at')
  recordedAt: Date;
}
