import { toText } from '../../database/decode';
import { commaSeparated, sql } from '../../database/sql';
import { removeBatch, SWEEP_BATCH, type Sweep } from '../../database/sweeper';

/** By how much the clocks of the processes that count may differ, in milliseconds. */
const SLACK_MS = 60_000;

/**
 * Counts that are over, where they stand in PostgreSQL: those of users would grow with the users, and outlive them. In
 * Redis they go by themselves. The limiter writes by the clock of its process, so that is what they are held against.
 */
export const limitSweep: Sweep = {
  kind: 'rate_limits',
  batch: (database) =>
    removeBatch(
      database,
      sql`SELECT key FROM rate_limits WHERE expire < ${Date.now() - SLACK_MS} LIMIT ${SWEEP_BATCH}
        FOR UPDATE SKIP LOCKED`,
      ({ key }) => toText(key),
      (keys) => [sql`DELETE FROM rate_limits WHERE key IN (${commaSeparated(keys)})`],
    ),
};
