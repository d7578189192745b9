import type { Actor } from '../../audit/audit';
import type { Database } from '../../database/database';
import { orNull, toInteger, toText, toUuid } from '../../database/decode';
import type { Row } from '../../database/engines/engine';
import { before } from '../../database/keyset';
import { allOf, commaSeparated, currentTime, sql, type Statement } from '../../database/sql';
import { Uuid } from '../../database/uuid';
import type { ErrorCode } from '../../errors';
import type { BatchOptions } from './batch-options';
import type { Outcome, UserOutcome } from './outcome';
import type { SuspensionJob } from './suspension-job.entity';

export const selectJob = (id: string): Statement =>
  sql`SELECT * FROM suspension_jobs WHERE id = ${new Uuid(id)}`;

/** Up to `limit` jobs, newest first, after `position`. */
export function selectJobs(limit: number, position: { createdAt: Date; key: string } | null): Statement {
  const conditions = [
    sql`state NOT IN ('uploading', 'removing')`,
    ...(position ? [before([sql`created_at`, position.createdAt], [sql`id`, new Uuid(position.key)])] : []),
  ];
  return sql`SELECT * FROM suspension_jobs WHERE ${allOf(conditions)} ORDER BY created_at DESC, id DESC LIMIT ${limit}`;
}

export const lockJob = (id: string): Statement =>
  sql`SELECT * FROM suspension_jobs WHERE id = ${new Uuid(id)} FOR UPDATE`;

export interface NewSuspensionJob {
  id: string;
  state: 'uploading' | 'queued';
  options: BatchOptions;
  actor: Actor;
  undoOf: string | null;
  total: number;
}

export const insertJob = ({ id, state, options, actor, undoOf, total }: NewSuspensionJob): Statement =>
  sql`INSERT INTO suspension_jobs (id, action, state, options, actor, client_id, request_id, undo_of, total,
    done_through, changed, unchanged, not_found, duplicate, refused, undoable, created_at)
    VALUES (${new Uuid(id)}, ${options.action}, ${state}, ${JSON.stringify(options)}, ${actor.subject},
      ${actor.clientId}, ${actor.requestId}, ${undoOf === null ? null : new Uuid(undoOf)}, ${total},
      0, 0, 0, 0, 0, 0, 0, ${currentTime})`;

export const queueJob = (id: string): Statement =>
  sql`UPDATE suspension_jobs SET state = 'queued' WHERE id = ${new Uuid(id)}`;

/** One user of a job; `done` where she has an outcome already. */
export interface JobItem {
  position: number;
  userId: number | null;
  /** An undo unblocks her while this suspension is open, and no other. */
  onlySuspensionId: string | null;
  done: boolean;
}

export const toJobItem = (row: Row): JobItem => ({
  position: toInteger(row.position),
  userId: orNull(toInteger, row.user_id),
  onlySuspensionId: orNull(toUuid, row.suspension_id),
  done: row.done !== null,
});

/** Where a job's items stand: those of an undo are what the job before it opened. */
const itemsOf = ({ undoOf }: SuspensionJob): Statement =>
  undoOf === null ? sql`suspension_job_items i` : sql`suspension_job_outcomes i`;

/** A job's next `limit` items. */
export function selectItems(job: SuspensionJob, limit: number): Statement {
  const { id, undoOf, doneThrough } = job;
  const opened = undoOf === null ? sql`NULL AS suspension_id` : sql`i.suspension_id`;
  const undoable = undoOf === null ? sql`` : sql`AND i.suspension_id IS NOT NULL`;
  return sql`SELECT i.position, i.user_id, ${opened}, o.position AS done FROM ${itemsOf(job)}
    LEFT JOIN suspension_job_outcomes o ON o.job_id = ${new Uuid(id)} AND o.position = i.position
    WHERE i.job_id = ${new Uuid(undoOf ?? id)} AND i.position > ${doneThrough} ${undoable}
    ORDER BY i.position LIMIT ${limit}`;
}

export interface OutcomeRow extends UserOutcome {
  position: number;
  userId: number | null;
}

export const insertItems = (
  jobId: string,
  items: readonly { position: number; userId: number }[],
): Statement =>
  sql`INSERT INTO suspension_job_items (job_id, position, user_id) VALUES ${commaSeparated(
    items.map(({ position, userId }) => sql`(${new Uuid(jobId)}, ${position}, ${userId})`),
  )}`;

export const insertOutcomes = (jobId: string, rows: readonly OutcomeRow[]): Statement =>
  sql`INSERT INTO suspension_job_outcomes (job_id, position, user_id, outcome, code, suspension_id)
    VALUES ${commaSeparated(
      rows.map(
        ({ position, userId, outcome, code, opened }) => sql`(${new Uuid(jobId)}, ${position}, ${userId},
          ${outcome}, ${code}, ${opened === null ? null : new Uuid(opened)})`,
      ),
    )}`;

/**
 * Outcomes of items for which there was nobody. The ids are taken from the items as they are now: an erasure for which
 * the chunk waited has blanked hers, and it must not come back.
 */
export const insertNotFound = (job: SuspensionJob, positions: readonly number[]): Statement =>
  sql`INSERT INTO suspension_job_outcomes (job_id, position, user_id, outcome)
    SELECT ${new Uuid(job.id)}, i.position, i.user_id, 'not_found' FROM ${itemsOf(job)}
    WHERE i.job_id = ${new Uuid(job.undoOf ?? job.id)} AND i.position IN (${commaSeparated(positions)})`;

/** Adds outcomes to a job's counts. */
export function countOutcomes(jobId: string, rows: readonly UserOutcome[]): Statement {
  const count = (outcome: Outcome) => rows.filter((row) => row.outcome === outcome).length;
  return sql`UPDATE suspension_jobs SET changed = changed + ${count('changed')},
    unchanged = unchanged + ${count('unchanged')}, not_found = not_found + ${count('not_found')},
    duplicate = duplicate + ${count('duplicate')}, refused = refused + ${count('refused')},
    undoable = undoable + ${rows.filter(({ opened }) => opened !== null).length}
    WHERE id = ${new Uuid(jobId)}`;
}

/** Every item up to this position has its outcome. */
export const moveOn = (id: string, doneThrough: number): Statement =>
  sql`UPDATE suspension_jobs SET done_through = ${doneThrough} WHERE id = ${new Uuid(id)}`;

export const endJob = (id: string, state: 'done' | 'cancelled', now: Date): Statement =>
  sql`UPDATE suspension_jobs SET state = ${state}, finished_at = ${now}, lease_holder = NULL,
    lease_until = NULL WHERE id = ${new Uuid(id)}`;

/** An outcome as it is read back. */
export interface StoredOutcome {
  position: number;
  userId: number | null;
  outcome: Outcome;
  code?: ErrorCode;
}

const PAGE = 2_000;

/** All outcomes of a job in the order of the upload, a page at a time. */
export async function* readOutcomes(database: Database, jobId: string): AsyncIterable<StoredOutcome> {
  for (let after = 0; ;) {
    const { rows } =
      await database.query(sql`SELECT position, user_id, outcome, code FROM suspension_job_outcomes
      WHERE job_id = ${new Uuid(jobId)} AND position > ${after} ORDER BY position LIMIT ${PAGE}`);
    for (const row of rows) {
      after = toInteger(row.position);
      yield {
        position: after,
        userId: orNull(toInteger, row.user_id),
        outcome: toText(row.outcome) as Outcome,
        ...(row.code === null ? {} : { code: toText(row.code) as ErrorCode }),
      };
    }
    if (rows.length < PAGE) return;
  }
}

/** What jobs keep of a user who is erased: that there was somebody. */
export const forgetOutcomesOf = (userId: number): Statement[] => [
  sql`UPDATE suspension_job_items SET user_id = NULL WHERE user_id = ${userId}`,
  sql`UPDATE suspension_job_outcomes SET user_id = NULL WHERE user_id = ${userId}`,
];
