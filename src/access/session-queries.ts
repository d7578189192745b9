import type { Database } from '../database/database';
import { orNull, toBoolean, toInteger, toText, toTime } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { commaSeparated, currentTime, sql, type Statement } from '../database/sql';

/** A session as it is shown. */
export interface SessionView {
  sid: string;
  userId: number;
  clientId: string;
  epoch: number;
  createdAt: Date;
  expiresAt: Date;
  /** To the minute; null where the session was never touched. */
  lastSeenAt: Date | null;
  active: boolean;
}

/** Where a page of a user's sessions, newest first, goes on. */
export interface SessionPosition {
  createdAt: Date;
  sid: string;
}

/**
 * A session is alive while it is not revoked itself, not expired, and its epoch is the user's. Over the aliases
 * `s` and `u`; whoever decides about access uses this one.
 */
export const sessionIsAlive: Statement = sql`s.revoked_at IS NULL AND s.expires_at > ${currentTime}
  AND s.epoch = u.access_epoch`;

const select = sql`SELECT s.sid, s.user_id, s.client_id, s.epoch, s.created_at, s.expires_at, s.last_seen_at,
  (${sessionIsAlive}) AS active FROM sessions s JOIN users u ON u.id = s.user_id`;

/** Together with all that decides whether it is alive, and why not. */
export const selectSession = (sid: string): Statement =>
  sql`SELECT s.sid, s.user_id, s.client_id, s.epoch, s.created_at, s.expires_at, s.last_seen_at, s.revoked_at,
    (${sessionIsAlive}) AS active, u.access_epoch, u.suspended, u.suspended_until, u.deactivated_at,
    ${currentTime} AS now FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.sid = ${sid}`;

export async function findSession(database: Database, sid: string): Promise<SessionView | null> {
  const { rows } = await database.query(sql`${select} WHERE s.sid = ${sid}`);
  return rows[0] ? toSessionView(rows[0]) : null;
}

/** Up to `limit` sessions of a user, newest first, after `position`. */
export async function pageSessions(
  database: Database,
  userId: number,
  limit: number,
  position: SessionPosition | null,
): Promise<SessionView[]> {
  const after = position
    ? sql`AND (s.created_at < ${position.createdAt} OR (s.created_at = ${position.createdAt} AND s.sid < ${position.sid}))`
    : sql``;
  const { rows } = await database.query(
    sql`${select} WHERE s.user_id = ${userId} ${after} ORDER BY s.created_at DESC, s.sid DESC LIMIT ${limit}`,
  );
  return rows.map(toSessionView);
}

export const toSessionView = (row: Row): SessionView => ({
  sid: toText(row.sid),
  userId: toInteger(row.user_id),
  clientId: toText(row.client_id),
  epoch: toInteger(row.epoch),
  createdAt: toTime(row.created_at),
  expiresAt: toTime(row.expires_at),
  lastSeenAt: orNull(toTime, row.last_seen_at),
  active: toBoolean(row.active),
});

/** When a user signed in last, as far as is kept: a scalar subquery over `u.id`. */
export const lastSignIn: Statement = sql`SELECT last.created_at FROM sessions last WHERE last.user_id = u.id
  ORDER BY last.created_at DESC, last.sid DESC LIMIT 1`;

/** Stores sessions that begin; at least one. Their users must be locked against change. */
export function insertSessions(sessions: readonly SessionView[]): Statement {
  const rows = sessions.map(
    ({ sid, userId, clientId, epoch, createdAt, expiresAt }) =>
      sql`(${sid}, ${userId}, ${clientId}, ${epoch}, ${createdAt}, ${expiresAt})`,
  );
  return sql`INSERT INTO sessions (sid, user_id, client_id, epoch, created_at, expires_at)
    VALUES ${commaSeparated(rows)}`;
}
