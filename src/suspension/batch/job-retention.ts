import { toInteger, toUuid } from '../../database/decode';
import { commaSeparated, fromNow, sql } from '../../database/sql';
import { daysAgo, SWEEP_BATCH, type Sweep } from '../../database/sweeper';
import { Uuid } from '../../database/uuid';
import { moveOn } from './suspension-job-queries';

/** No upload takes so long: whoever stored it is gone. */
const STALE_AFTER_MS = 3_600_000;

/**
 * Takes jobs that came to their end so many days ago out of sight, for `hiddenJobSweep` to remove: nobody is to read
 * half of a job's outcomes, or to undo half of it. A job that is being undone stays, as the undo reads its outcomes.
 */
export const finishedJobSweep = (days: number): Sweep => ({
  kind: 'suspension_jobs',
  batch: (database) =>
    database.transaction(async (tx) => {
      // The undos are read with the rows locked, which whoever makes an undo locks, too.
      const [old, undos] = await tx.read(
        sql`SELECT id FROM suspension_jobs WHERE state IN ('done', 'cancelled')
          AND finished_at < ${fromNow(daysAgo(days))} ORDER BY finished_at LIMIT ${SWEEP_BATCH}
          FOR UPDATE SKIP LOCKED`,
        sql`SELECT undo_of FROM suspension_jobs WHERE state IN ('queued', 'running') AND undo_of IS NOT NULL`,
      );
      const needed = new Set(undos.map(({ undo_of }) => toUuid(undo_of)));
      const ids = old.map(({ id }) => toUuid(id)).filter((id) => !needed.has(id));
      if (ids.length > 0) {
        tx.write(sql`UPDATE suspension_jobs SET state = 'removing', done_through = 0
          WHERE id IN (${commaSeparated(ids.map((id) => new Uuid(id)))})`);
      }
      return { removed: 0, more: ids.length === SWEEP_BATCH };
    }),
});

/**
 * Removes jobs that nobody sees, a piece at a time and the row at last: those whose upload was never completed, and
 * those whose time is over. `done_through` says how much is removed; what was just deleted is not read through again.
 */
export const hiddenJobSweep: Sweep = {
  kind: 'suspension_jobs',
  batch: (database) =>
    database.transaction(async (tx) => {
      const [[job]] = await tx.read(sql`SELECT id, done_through FROM suspension_jobs
        WHERE state IN ('uploading', 'removing') AND created_at < ${fromNow(-STALE_AFTER_MS)}
        ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED`);
      if (!job) return { removed: 0, more: false };
      const id = toUuid(job.id);
      const rest = sql`job_id = ${new Uuid(id)} AND position > ${toInteger(job.done_through)}`;
      const tables = await tx.read(
        sql`SELECT position FROM suspension_job_items WHERE ${rest} ORDER BY position LIMIT ${SWEEP_BATCH}`,
        sql`SELECT position FROM suspension_job_outcomes WHERE ${rest} ORDER BY position LIMIT ${SWEEP_BATCH}`,
      );
      const positions = tables.map((rows) => rows.map(({ position }) => toInteger(position)));
      // As far as both were read.
      const to = Math.min(
        ...positions.map((read) => (read.length < SWEEP_BATCH ? Infinity : (read.at(-1) ?? 0))),
      );
      const isLast = to === Infinity;
      const piece = isLast ? rest : sql`${rest} AND position <= ${to}`;
      tx.write(sql`DELETE FROM suspension_job_items WHERE ${piece}`);
      tx.write(sql`DELETE FROM suspension_job_outcomes WHERE ${piece}`);
      tx.write(isLast ? sql`DELETE FROM suspension_jobs WHERE id = ${new Uuid(id)}` : moveOn(id, to));
      const removed = positions.flat().filter((position) => position <= to).length;
      return { removed: isLast ? removed + 1 : removed, more: true };
    }),
};
