import { toInteger, toUuid } from '../../database/decode';
import { fromNow, sql } from '../../database/sql';
import type { Sweep } from '../../database/sweeper';
import { Uuid } from '../../database/uuid';
import { moveOn } from './suspension-job-queries';

/** No upload takes so long: whoever stored it is gone. */
const STALE_AFTER_MS = 3_600_000;
const POSITIONS_A_BATCH = 2_000;

/** Jobs whose upload was never completed. `done_through` says how much of one is removed, as it never ran. */
export const uploadSweep: Sweep = {
  kind: 'suspension_job_uploads',
  batch: (database) =>
    database.transaction(async (tx) => {
      const [[row]] = await tx.read(sql`SELECT id, total, done_through FROM suspension_jobs
        WHERE state = 'uploading' AND created_at < ${fromNow(-STALE_AFTER_MS)}
        ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED`);
      if (!row) return { removed: 0, more: false };
      const id = toUuid(row.id);
      const from = toInteger(row.done_through);
      const to = Math.min(from + POSITIONS_A_BATCH, toInteger(row.total));
      const range = sql`job_id = ${new Uuid(id)} AND position > ${from} AND position <= ${to}`;
      tx.write(sql`DELETE FROM suspension_job_items WHERE ${range}`);
      tx.write(sql`DELETE FROM suspension_job_outcomes WHERE ${range}`);
      const isLast = to === toInteger(row.total);
      tx.write(isLast ? sql`DELETE FROM suspension_jobs WHERE id = ${new Uuid(id)}` : moveOn(id, to));
      return { removed: to - from, more: true };
    }),
};
