import { toInteger } from '../../../src/database/decode';
import type { Database } from '../../../src/database/database';
import { sql, type Statement } from '../../../src/database/sql';
import { waitFor } from '../../support/processes';

/** InnoDB shows its transactions from a cache, which it renews only where nobody has looked for 100 ms. */
const LOOK_EVERY_MS = 150;

/**
 * Runs `meanwhile` while another transaction holds rows, and lets go of them when it says so, or ends.
 * @param rows a `SELECT ... FOR UPDATE`
 */
export async function whileHeld(
  database: Database,
  rows: Statement,
  meanwhile: (release: () => Promise<void>) => Promise<void>,
): Promise<void> {
  let letGo: () => void = () => undefined;
  const wanted = new Promise<void>((resolve) => (letGo = resolve));
  let taken: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (taken = resolve));
  const holding = database.transaction(async (tx) => {
    await tx.read(rows);
    taken();
    await wanted;
  });
  const release = (): Promise<void> => {
    letGo();
    return holding;
  };
  // Where the rows could not be had, `holding` rejects and nothing is ever held.
  await Promise.race([held, holding]);
  await meanwhile(release).finally(release);
}

/** Waits until so many transactions of this database wait for rows that others hold; it must be soon. */
export async function untilWaiting(database: Database, transactions: number): Promise<void> {
  const statement =
    database.engine.name === 'mysql'
      ? sql`SELECT COUNT(*) AS amount FROM information_schema.innodb_trx t
          JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id
          WHERE p.db = DATABASE() AND t.trx_state = 'LOCK WAIT'`
      : sql`SELECT COUNT(*) AS amount FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  const enough = async () => {
    const { rows } = await database.query(statement);
    return toInteger(rows[0]?.amount) === transactions ? true : undefined;
  };
  await waitFor(enough, `${transactions} transactions that wait`, 10_000, LOOK_EVERY_MS);
}
