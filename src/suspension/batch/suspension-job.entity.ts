import { Entity } from 'typeorm';
import {
  IntegerColumn,
  PrimaryUuidColumn,
  TextColumn,
  TimeColumn,
  UuidColumn,
} from '../../database/entity-columns';

/**
 * `uploading` until the last of its items is stored, `removing` when its time is over: nobody sees such a job, and what
 * stays so is deleted.
 */
export type SuspensionJobState = 'uploading' | 'queued' | 'running' | 'done' | 'cancelled' | 'removing';

export const isHidden = (state: SuspensionJobState): state is 'uploading' | 'removing' =>
  state === 'uploading' || state === 'removing';

/** A block or unblock of many users, run by the worker. */
@Entity('suspension_jobs')
export class SuspensionJob {
  @PrimaryUuidColumn()
  id: string;

  @TextColumn('action')
  action: 'block' | 'unblock';

  @TextColumn('state')
  state: SuspensionJobState;

  /** JSON of `BatchOptions`. */
  @TextColumn('options')
  options: string;

  @TextColumn('actor')
  actor: string;

  @TextColumn('client_id', { nullable: true })
  clientId: string | null;

  @TextColumn('request_id', { nullable: true })
  requestId: string | null;

  /** The job whose blocks this one takes back: its items are that job's outcomes. */
  @UuidColumn('undo_of', { nullable: true })
  undoOf: string | null;

  @IntegerColumn('total')
  total: number;

  /** Every item up to this position has its outcome. */
  @IntegerColumn('done_through')
  doneThrough: number;

  @IntegerColumn('changed')
  changed: number;

  @IntegerColumn('unchanged')
  unchanged: number;

  @IntegerColumn('not_found')
  notFound: number;

  @IntegerColumn('duplicate')
  duplicate: number;

  @IntegerColumn('refused')
  refused: number;

  /** Users who were not blocked before this job blocked them. */
  @IntegerColumn('undoable')
  undoable: number;

  /** Which loop of which worker runs it; another may take over when the lease has run out. */
  @UuidColumn('lease_holder', { nullable: true })
  leaseHolder: string | null;

  @TimeColumn('lease_until', { nullable: true })
  leaseUntil: Date | null;

  @TimeColumn('created_at')
  createdAt: Date;

  @TimeColumn('started_at', { nullable: true })
  startedAt: Date | null;

  @TimeColumn('finished_at', { nullable: true })
  finishedAt: Date | null;
}
