import { toInteger, toText } from '../../database/decode';
import type { Row } from '../../database/engines/engine';
import { commaSeparated, fromNow, sql, type Statement } from '../../database/sql';
import { daysAgo, removeBatch, SWEEP_BATCH, type Sweep } from '../../database/sweeper';

/** Guards that have not polled for so many days, and what was noted of any so long ago. */
export const guardSweeps = (days: number): Sweep[] => [
  sweep('guard_instances', sql`client_id, instance_id`, sql`last_poll_at`, days, (row) => [
    toText(row.client_id),
    toText(row.instance_id),
  ]),
  sweep('guard_progress', sql`client_id, instance_id, position`, sql`recorded_at`, days, (row) => [
    toText(row.client_id),
    toText(row.instance_id),
    toInteger(row.position),
  ]),
];

const sweep = (
  kind: 'guard_instances' | 'guard_progress',
  key: Statement,
  time: Statement,
  days: number,
  readKey: (row: Row) => (string | number)[],
): Sweep => {
  const table = kind === 'guard_instances' ? sql`guard_instances` : sql`guard_progress`;
  return {
    kind,
    batch: (database) =>
      removeBatch(
        database,
        sql`SELECT ${key} FROM ${table} WHERE ${time} < ${fromNow(daysAgo(days))} ORDER BY ${time}
          LIMIT ${SWEEP_BATCH} FOR UPDATE SKIP LOCKED`,
        readKey,
        (keys) => [
          sql`DELETE FROM ${table} WHERE (${key}) IN (${commaSeparated(keys.map((one) => sql`(${commaSeparated(one)})`))})`,
        ],
      ),
  };
};
