import { toBoolean, toInteger } from '../database/decode';
import { commaSeparated, fromNow, sql } from '../database/sql';
import { daysAgo, SWEEP_BATCH, type Sweep } from '../database/sweeper';

/**
 * Ends of access of so many days ago, from the oldest on: the order of their positions is that of their times, but for
 * seconds. @param passed the last position that nobody here needs any more
 */
export const revocationSweep = (days: number, passed: () => number): Sweep => ({
  kind: 'access_revocations',
  async batch(database) {
    const { rows } = await database.query(sql`SELECT position, revoked_at < ${fromNow(daysAgo(days))} AS old
      FROM access_revocations WHERE position <= ${passed()} ORDER BY position LIMIT ${SWEEP_BATCH}`);
    const positions = rows.filter(({ old }) => toBoolean(old)).map(({ position }) => toInteger(position));
    if (positions.length === 0) return { removed: 0, more: false };
    const { affected } = await database.query(
      sql`DELETE FROM access_revocations WHERE position IN (${commaSeparated(positions)})`,
    );
    return { removed: affected, more: positions.length === SWEEP_BATCH };
  },
});
