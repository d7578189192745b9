import { orNull, toInteger, toText, toTime, toUuid } from '../../database/decode';
import type { Row } from '../../database/engines/engine';
import { suspensionJobNotFound } from './batch.errors';
import { isHidden, type SuspensionJob } from './suspension-job.entity';

/** Reads a row of `suspension_jobs`. */
export const toSuspensionJob = (row: Row): SuspensionJob => ({
  id: toUuid(row.id),
  action: toText(row.action) as SuspensionJob['action'],
  state: toText(row.state) as SuspensionJob['state'],
  options: toText(row.options),
  actor: toText(row.actor),
  clientId: orNull(toText, row.client_id),
  requestId: orNull(toText, row.request_id),
  undoOf: orNull(toUuid, row.undo_of),
  total: toInteger(row.total),
  doneThrough: toInteger(row.done_through),
  changed: toInteger(row.changed),
  unchanged: toInteger(row.unchanged),
  notFound: toInteger(row.not_found),
  duplicate: toInteger(row.duplicate),
  refused: toInteger(row.refused),
  undoable: toInteger(row.undoable),
  leaseHolder: orNull(toUuid, row.lease_holder),
  leaseUntil: orNull(toTime, row.lease_until),
  createdAt: toTime(row.created_at),
  startedAt: orNull(toTime, row.started_at),
  finishedAt: orNull(toTime, row.finished_at),
});

/**
 * The same for a row that somebody asked for by its id.
 * @throws `suspension_job.not_found` where there is none, for one whose upload is not complete and for one that is being removed
 */
export function toVisibleJob(row: Row | undefined): SuspensionJob {
  const job = row && toSuspensionJob(row);
  if (!job || isHidden(job.state)) throw suspensionJobNotFound();
  return job;
}
