import { toInteger } from '../database/decode';
import { sql } from '../database/sql';
import type { Transaction } from '../database/transaction';

/** Ids looked at in one step when the counter has run into ids that a provider gave out. */
const STEP = 1_000;

/**
 * The next free generated id. The counter's row is locked until the commit, so that no two transactions get the
 * same one; ids that a provider gave are stepped over, those of erased users too, and the counter moves past them. A provider that takes
 * the very id at this moment makes the INSERT fail on the primary key, and the unit of work is run again.
 */
export async function allocateUserId(tx: Transaction): Promise<number> {
  const [[counter]] = await tx.read(sql`SELECT next_value FROM counters WHERE name = 'users' FOR UPDATE`);
  let candidate = toInteger(counter?.next_value);
  for (;;) {
    const [rows] = await tx.read(
      // In one statement: an erasure that commits between two would make the id look free.
      sql`(SELECT id FROM users WHERE id >= ${candidate} ORDER BY id LIMIT ${STEP})
        UNION (SELECT user_id FROM user_tombstones WHERE user_id >= ${candidate} ORDER BY user_id LIMIT ${STEP})
        ORDER BY id LIMIT ${STEP}`,
    );
    const free = firstGap(
      candidate,
      rows.map(({ id }) => toInteger(id)),
    );
    if (free < candidate + STEP) {
      tx.write(sql`UPDATE counters SET next_value = ${free + 1} WHERE name = 'users'`);
      return free;
    }
    candidate = free;
  }
}

/** The first number from `start` on that the ascending `taken` does not hold. */
function firstGap(start: number, taken: readonly number[]): number {
  const index = taken.findIndex((id, at) => id !== start + at);
  return start + (index === -1 ? taken.length : index);
}
