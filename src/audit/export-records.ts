import type { Database } from '../database/database';
import { toInteger } from '../database/decode';
import { selectChained, type StoredRecord, toStoredRecord } from './audit-queries';
import { selectHead } from './chain-head';

const BATCH = 500;

/**
 * Every chained record behind `after`, in the order of the chain, up to where it ended when the export began; a
 * batch is held at a time, whatever their number. It goes on where it stopped: behind the last position that arrived.
 */
export async function* exportRecords<T>(
  database: Database,
  after: number,
  show: (record: StoredRecord) => T,
): AsyncGenerator<T> {
  const head = await database.query(selectHead);
  const last = toInteger(head.rows[0]?.position);
  let next = after + 1;
  while (next <= last) {
    const { rows } = await database.query(selectChained(next, BATCH));
    const records = rows.map(toStoredRecord).filter(({ position }) => (position ?? 0) <= last);
    yield* records.map(show);
    const reached = records.at(-1)?.position;
    if (reached === undefined || reached === null) return;
    next = reached + 1;
  }
}
