import { Entity } from 'typeorm';
import {
  IntegerColumn,
  PrimaryIntegerColumn,
  PrimaryUuidColumn,
  TextColumn,
  UuidColumn,
} from '../../database/entity-columns';
import type { Outcome } from './outcome';

/** What a job did to one of its users: written once, in the transaction of the change. */
@Entity('suspension_job_outcomes')
export class SuspensionJobOutcome {
  @PrimaryUuidColumn('job_id')
  jobId: string;

  @PrimaryIntegerColumn('position')
  position: number;

  /** NULL where she was erased since. */
  @IntegerColumn('user_id', { nullable: true })
  userId: number | null;

  @TextColumn('outcome')
  outcome: Outcome;

  /** Why it was refused. */
  @TextColumn('code', { nullable: true })
  code: string | null;

  /** The suspension that the job opened for a user who was not blocked: what an undo ends. */
  @UuidColumn('suspension_id', { nullable: true })
  suspensionId: string | null;
}
