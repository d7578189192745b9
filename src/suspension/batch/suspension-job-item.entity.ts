import { Entity } from 'typeorm';
import { IntegerColumn, PrimaryIntegerColumn, PrimaryUuidColumn } from '../../database/entity-columns';

/** A user whom a job is to block or unblock; one who was named before has an outcome alone. */
@Entity('suspension_job_items')
export class SuspensionJobItem {
  @PrimaryUuidColumn('job_id')
  jobId: string;

  /** Where in the upload, from 1. */
  @PrimaryIntegerColumn('position')
  position: number;

  /** NULL where she was erased since. */
  @IntegerColumn('user_id', { nullable: true })
  userId: number | null;
}
