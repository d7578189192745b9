import type { Database } from '../../database/database';
import { orNull, toBoolean, toInteger, toText, toTime } from '../../database/decode';
import type { Row } from '../../database/engines/engine';
import { currentTime, EngineFragment, sql, Statement, unionAll } from '../../database/sql';
import { TRANSACTION_LIMIT_MS } from '../../database/engines/engine';
import type { Gap } from './told';

/** One end of access, as the feed tells it. */
export interface Revocation {
  position: number;
  uid: string;
  /** Where one session ended; null where all access of the user did. */
  sid: string | null;
  epoch: number;
  revokedAt: Date;
}

/** A row by which a history is recognised. */
export interface Landmark {
  position: number;
  revokedAt: Date;
}

export interface RevocationRead {
  rows: Revocation[];
  /** The database's time; null where there is no row. */
  now: Date | null;
}

/**
 * The rows from a position on, and those in the gaps, in the order of their positions: one statement sees one moment.
 * @throws `service.busy` of a server that was demoted: what it has is no answer by which a lease may be renewed
 */
export async function readRevocations(
  database: Database,
  from: number,
  gaps: readonly Gap[],
  limit: number,
): Promise<RevocationRead> {
  const ranges = gaps.map(({ first, last }) => sql` OR position BETWEEN ${first} AND ${last}`);
  // One bound for all: by an OR alone PostgreSQL may also filter from the first row on, where its statistics are old.
  const lowest = gaps[0]?.first ?? from;
  const { rows } =
    await database.queryPrimary(sql`SELECT position, uid, sid, epoch, revoked_at, ${currentTime} AS now
    FROM access_revocations WHERE position >= ${lowest} AND (position >= ${from}${spliced(ranges)}) ORDER BY position LIMIT ${limit}`);
  return { rows: rows.map(toRevocation), now: orNull(toTime, rows[0]?.now) };
}

const spliced = (parts: readonly Statement[]): Statement =>
  parts.reduce((all, part) => sql`${all}${part}`, new Statement([''], []));

const toRevocation = (row: Row): Revocation => ({
  position: toInteger(row.position),
  uid: toText(row.uid),
  sid: orNull(toText, row.sid),
  epoch: toInteger(row.epoch),
  revokedAt: toTime(row.revoked_at),
});

/** The newest row, and the one at a position or next below it; null where there is none. */
export async function readLandmarks(
  database: Database,
  position: number,
): Promise<{ newest: Landmark | null; nearest: Landmark | null }> {
  const last = (which: Statement) =>
    sql`SELECT position, revoked_at FROM access_revocations WHERE ${which} ORDER BY position DESC LIMIT 1`;
  const { rows } = await database.query(
    unionAll([last(sql`position > ${position}`), last(sql`position <= ${position}`)]),
  );
  const landmarks = rows.map((row) => ({
    position: toInteger(row.position),
    revokedAt: toTime(row.revoked_at),
  }));
  const nearest = landmarks.find((landmark) => landmark.position <= position) ?? null;
  return { newest: landmarks.find((landmark) => landmark.position > position) ?? nearest, nearest };
}

/**
 * The last position of a time before this one, 0 where there is none. Positions are in the order of times but for the
 * seconds that a transaction takes; there is no index on the time, which every block would have to pay for. So it is
 * looked for from the newest on, in steps that double, and then between the last two of them.
 */
export async function lastPositionBefore(
  database: Database,
  time: EngineFragment | Date,
): Promise<Landmark | null> {
  const at = async (which: Statement) => {
    const { rows } = await database.query(
      sql`SELECT position, revoked_at, revoked_at < ${time} AS old FROM access_revocations WHERE ${which} LIMIT 1`,
    );
    const [row] = rows;
    return row
      ? { position: toInteger(row.position), revokedAt: toTime(row.revoked_at), old: toBoolean(row.old) }
      : null;
  };
  const atOrBelow = (position: number) => at(sql`position <= ${position} ORDER BY position DESC`);

  let young = await at(sql`TRUE ORDER BY position DESC`);
  if (!young || young.old) return young;
  let old = null;
  for (let step = 1; !old; step *= 2) {
    const found = await atOrBelow(young.position - step);
    if (!found) break;
    if (found.old) old = found;
    else young = found;
  }
  // Between nothing and the first row there may be many positions that retention has emptied.
  let below = old?.position ?? 0;
  while (young.position - below > 1) {
    const middle = Math.floor((below + young.position) / 2);
    const found = await atOrBelow(middle);
    if (found?.old === false && found.position > below) young = found;
    else {
      old = found ?? old;
      below = middle;
    }
  }
  return old;
}

/**
 * Whether a statement of ours has been running for longer than any is waited for: its client is gone, and yet it may
 * commit when whatever it waits for lets go of it (a replica, a lock on all tables, a full disk).
 */
const overdue = new EngineFragment({
  // A user sees her own threads without any privilege.
  mysql: () =>
    `information_schema.processlist WHERE db = DATABASE() AND command <> 'Sleep' AND time >= ${TRANSACTION_LIMIT_MS / 1000}`,
  postgres: () =>
    `pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL
      AND state_change < clock_timestamp() - INTERVAL '${TRANSACTION_LIMIT_MS} milliseconds'`,
});

export async function hasOverdue(database: Database): Promise<boolean> {
  const { rows } = await database.query(sql`SELECT COUNT(*) AS amount FROM ${overdue}`);
  return toInteger(rows[0]?.amount) > 0;
}
