import { toInteger } from '../../../src/database/decode';
import type { Database } from '../../../src/database/database';
import { sql, type Statement } from '../../../src/database/sql';
import { waitFor } from '../../support/processes';

/**
 * Runs `meanwhile` while another transaction holds rows, and lets go of them when it says so, or ends. It must not
 * take long: the database ends transactions that stay idle.
 * @param rows one `SELECT ... FOR UPDATE` by a unique key for each row: MySQL locks all that a statement scans, and it
 *   scans small tables rather than look up many keys
 */
export async function whileHeld(
  database: Database,
  rows: readonly Statement[],
  meanwhile: (release: () => Promise<void>) => Promise<void>,
): Promise<void> {
  let letGo: () => void = () => undefined;
  const wanted = new Promise<void>((resolve) => (letGo = resolve));
  let taken: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (taken = resolve));
  const holding = database.transaction(async (tx) => {
    await tx.read(...rows);
    taken();
    await wanted;
  });
  const release = (): Promise<void> => {
    letGo();
    return holding;
  };
  // Where the rows could not be had, `holding` rejects and nothing is ever held.
  await Promise.race([held, holding]);
  await meanwhile(release).catch(async (error: unknown) => {
    // What went wrong first is what is to be told.
    await release().catch(() => undefined);
    throw error;
  });
  await release();
}

/** Waits until as many transactions as wanted wait for rows of this database that others hold; it must be soon. */
export async function untilWaiting(
  database: Database,
  isWanted: (transactions: number) => boolean,
): Promise<void> {
  const statement =
    database.engine.name === 'mysql'
      ? // Not information_schema.innodb_trx: whoever else looks at it on the same server keeps its cache from renewal.
        sql`SELECT COUNT(*) AS amount FROM information_schema.processlist
          WHERE db = DATABASE() AND command = 'Query' AND time >= 1 AND id <> CONNECTION_ID()`
      : sql`SELECT COUNT(*) AS amount FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  const enough = async () => {
    const { rows } = await database.query(statement);
    return isWanted(toInteger(rows[0]?.amount)) ? true : undefined;
  };
  await waitFor(enough, 'transactions that wait for rows', 10_000);
}
