import { commaSeparated, digestOf, sql, type Statement } from '../database/sql';

const insertDigests = (which: Statement): Statement =>
  sql`INSERT INTO retired_session_ids (id) SELECT ${digestOf('sid')} FROM sessions WHERE ${which}`;

/**
 * Removes sessions for good. A digest of each id stays behind, so that the id is never accepted again (I2); it takes
 * 16 bytes and names nobody.
 */
const retire = (which: Statement): Statement[] => [
  insertDigests(which),
  sql`DELETE FROM sessions WHERE ${which}`,
];

/** Sessions whose rows are locked. */
export const retireSessions = (sids: readonly string[]): Statement[] =>
  retire(sql`sid IN (${commaSeparated(sids)})`);

/**
 * All sessions of users whose rows are locked for a change: nobody signs in meanwhile. What retention is removing at
 * this moment is waited for, or it would be remembered twice.
 */
export function retireSessionsOf(userIds: readonly number[]): Statement[] {
  const which = sql`user_id IN (${commaSeparated(userIds)})`;
  const lock = sql`SELECT COUNT(*) FROM (SELECT sid FROM sessions WHERE ${which} FOR UPDATE) locked`;
  return [lock, ...retire(which)];
}

/**
 * Refuses new sessions whose ids were retired; to be written after the sessions are, in the same transaction. Where
 * an id was retired a second row of it is inserted, which the primary key refuses. It must come second: while the
 * removal of a session is under way its key makes the first insert wait, and only then does its digest show.
 */
export const refuseRetired = (sids: readonly string[]): Statement =>
  sql`INSERT INTO sessions (sid, user_id, client_id, epoch, created_at, expires_at)
    SELECT s.sid, s.user_id, s.client_id, s.epoch, s.created_at, s.expires_at FROM sessions s
    JOIN retired_session_ids r ON r.id = ${digestOf('s.sid')} WHERE s.sid IN (${commaSeparated(sids)})`;

/** Which of these sessions, just inserted in the same transaction, have an id that was retired. */
export const selectRetired = (sids: readonly string[]): Statement =>
  sql`SELECT s.sid FROM sessions s JOIN retired_session_ids r ON r.id = ${digestOf('s.sid')}
    WHERE s.sid IN (${commaSeparated(sids)})`;
