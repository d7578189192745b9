import { toText, toUuid } from '../database/decode';
import { sql } from '../database/sql';
import type { Sweep } from '../database/sweeper';
import { END_BATCH, endLocked, lockWaiting } from '../events/end-deliveries';

/**
 * Cancels what is held for a stream that is gone: an event that had read the stream wrote it after the deletion, or the
 * process died that cancelled. Nothing else would ever look at it.
 */
export const orphanSweep: Sweep = {
  kind: 'held_deliveries_of_nobody',
  batch: (database) =>
    database.transaction(async (tx) => {
      // In this order: a stream is there before anything is held for it.
      const [held, streams] = await tx.read(
        sql`SELECT DISTINCT target FROM deliveries WHERE state = 'held' AND channel = 'security_event'`,
        sql`SELECT id FROM security_event_streams`,
      );
      const present = new Set(streams.map(({ id }) => toUuid(id)));
      const orphan = held.map(({ target }) => toText(target)).find((target) => !present.has(target));
      if (orphan === undefined) return { removed: 0, more: false };
      const [waiting] = await tx.read(lockWaiting('security_event', orphan, 'held'));
      tx.write(endLocked(waiting, 'cancelled'));
      return { removed: waiting.length, more: waiting.length === END_BATCH };
    }),
};
