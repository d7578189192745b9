import { toInteger } from '../database/decode';
import { sql } from '../database/sql';
import type { Transaction } from '../database/transaction';

/** Ids looked at in one step when the counter has run into ids that a provider gave out. */
const STEP = 1_000;

/**
 * The next free generated ids, ascending. The counter's row is locked until the commit, so that no two transactions
 * get the same one; ids that a provider gave are stepped over, those of erased users too, and the counter moves past them. A provider that
 * takes one of them at this moment makes the INSERT fail on the primary key, and the unit of work is run again.
 * @param given ids that the same transaction is about to insert
 */
export async function allocateUserIds(
  tx: Transaction,
  count: number,
  given: ReadonlySet<number>,
): Promise<number[]> {
  if (count === 0) return [];
  const [[counter]] = await tx.read(sql`SELECT next_value FROM counters WHERE name = 'users' FOR UPDATE`);
  const free: number[] = [];
  for (let from = toInteger(counter?.next_value); free.length < count; from += STEP) {
    const to = from + STEP;
    // In one statement: an erasure that commits between two would make the id look free.
    const [rows] = await tx.read(sql`SELECT id FROM users WHERE id >= ${from} AND id < ${to}
      UNION SELECT user_id FROM user_tombstones WHERE user_id >= ${from} AND user_id < ${to}`);
    const taken = new Set(rows.map(({ id }) => toInteger(id)));
    for (let id = from; id < to && free.length < count; id++) {
      if (!taken.has(id) && !given.has(id)) free.push(id);
    }
  }
  tx.write(sql`UPDATE counters SET next_value = ${Math.max(...free) + 1} WHERE name = 'users'`);
  return free;
}
