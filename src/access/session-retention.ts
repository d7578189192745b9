import type { Database } from '../database/database';
import { toBoolean, toInteger, toText } from '../database/decode';
import { commaSeparated, fromNow, sql, type Statement } from '../database/sql';
import { daysAgo, removeBatch, SWEEP_BATCH, type Sweep } from '../database/sweeper';
import { retireSessions } from './retire-sessions';
import { revocationSweep } from './revocation-retention';

/** Ends of access that are looked through in one step. */
const WINDOW = 500;

/**
 * An end of access is kept for so much longer than the sessions that it killed, should their sweep have to wait, and in
 * any case for longer than a token lives (`MAX_TOKEN_LIFETIME` is a day at most), as guards need it.
 */
const REVOCATIONS_LONGER_DAYS = 7;

/** Where the walk along the revocation feed stands. */
interface Walk {
  position: number;
}

/**
 * Sessions that ended so many days ago, by themselves or by whatever ended them, and a week later what ended them: as
 * far as this process has passed it, so that no session is left whose end nothing tells of.
 */
export function sessionSweeps(days: number): Sweep[] {
  const walk: Walk = { position: 0 };
  const passed = () => walk.position;
  return [
    expiredSessions(days),
    revokedSessions(days, walk),
    revocationSweep(days + REVOCATIONS_LONGER_DAYS, passed),
  ];
}

const expiredSessions = (days: number): Sweep => ({
  kind: 'sessions',
  batch: (database) =>
    remove(database, sql`expires_at < ${fromNow(daysAgo(days))} ORDER BY expires_at LIMIT ${SWEEP_BATCH}`),
});

/**
 * Walks along the revocation feed, which says what ended when: no index on sessions or users could, without a price
 * for each sign-in and each block. A position is passed once; a new process begins again, and finds little.
 */
function revokedSessions(days: number, walk: Walk): Sweep {
  return {
    kind: 'sessions',
    async batch(database) {
      const { position } = walk;
      const { rows } = await database.query(sql`SELECT position, revoked_at < ${fromNow(daysAgo(days))} AS old
        FROM access_revocations WHERE position > ${position} ORDER BY position LIMIT ${WINDOW}`);
      const firstFresh = rows.findIndex(({ old }) => !toBoolean(old));
      const old = firstFresh === -1 ? rows : rows.slice(0, firstFresh);
      if (old.length === 0) return { removed: 0, more: false };
      const upTo = toInteger(old.at(-1)?.position);
      const dead = await database.query(selectDead(position, upTo));
      const sids = dead.rows.map(({ sid }) => toText(sid));
      const { removed } =
        sids.length > 0 ? await remove(database, sql`sid IN (${commaSeparated(sids)})`) : { removed: 0 };
      if (sids.length === SWEEP_BATCH) return { removed, more: removed > 0 };
      walk.position = upTo;
      return { removed, more: old.length === WINDOW };
    },
  };
}

/** Sessions that the ends of access between two positions have killed, and that are dead by their own rows, too. */
const selectDead = (after: number, upTo: number): Statement =>
  sql`SELECT DISTINCT s.sid FROM access_revocations r JOIN users u ON u.uid = r.uid
    JOIN sessions s ON s.user_id = u.id WHERE r.position > ${after} AND r.position <= ${upTo}
    AND ((r.sid IS NULL AND s.epoch < r.epoch AND s.epoch < u.access_epoch)
      OR (s.sid = r.sid AND s.revoked_at IS NOT NULL)) LIMIT ${SWEEP_BATCH}`;

const remove = (database: Database, which: Statement) =>
  removeBatch(
    database,
    sql`SELECT sid FROM sessions WHERE ${which} FOR UPDATE SKIP LOCKED`,
    ({ sid }) => toText(sid),
    retireSessions,
  );
