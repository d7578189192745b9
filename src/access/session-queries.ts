import type { Database } from '../database/database';
import { orNull, toBoolean, toInteger, toText, toTime } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { before } from '../database/keyset';
import { againstChange, allOf, commaSeparated, currentTime, sql, type Statement } from '../database/sql';

/** A session as it is shown. */
export interface SessionView {
  sid: string;
  userId: number;
  clientId: string;
  epoch: number;
  createdAt: Date;
  /** The moment that no touch moves its end beyond. */
  expiresAt: Date;
  /** Seconds; null where it may lie idle until `expiresAt`. */
  idleTimeout: number | null;
  /** When it ends unless it is touched; null where it has no idle timeout. */
  idleExpiresAt: Date | null;
  /** To the minute; null where the session was never touched. */
  lastSeenAt: Date | null;
  device: string | null;
  /** An IP address. */
  address: string | null;
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

const columns = sql`s.sid, s.user_id, s.client_id, s.epoch, s.created_at, s.expires_at, s.absolute_expires_at,
  s.idle_timeout, s.last_seen_at, s.device, s.address, (${sessionIsAlive}) AS active`;

const select = sql`SELECT ${columns} FROM sessions s JOIN users u ON u.id = s.user_id`;

/** Together with all that decides whether it is alive, and why not. */
export const selectSession = (sid: string): Statement =>
  sql`SELECT ${columns}, s.revoked_at, u.access_epoch, u.suspended, u.suspended_until, u.deactivated_at,
    ${currentTime} AS now FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.sid = ${sid}`;

/** Locks the session's user against change; whose session it is never changes. */
export const lockOwnerAgainstChange = (sid: string): Statement =>
  sql`SELECT id FROM users WHERE id = (SELECT user_id FROM sessions WHERE sid = ${sid}) ${againstChange}`;

export async function findSession(database: Database, sid: string): Promise<SessionView | null> {
  const { rows } = await database.queryPrimary(sql`${select} WHERE s.sid = ${sid}`);
  return rows[0] ? toSessionView(rows[0]) : null;
}

/** Up to `limit` sessions of a user, newest first, after `position`. */
export async function pageSessions(
  database: Database,
  userId: number,
  limit: number,
  position: SessionPosition | null,
): Promise<SessionView[]> {
  const conditions = [
    sql`s.user_id = ${userId}`,
    ...(position ? [before([sql`s.created_at`, position.createdAt], [sql`s.sid`, position.sid])] : []),
  ];
  const { rows } = await database.queryPrimary(
    sql`${select} WHERE ${allOf(conditions)} ORDER BY s.created_at DESC, s.sid DESC LIMIT ${limit}`,
  );
  return rows.map(toSessionView);
}

export const toSessionView = (row: Row): SessionView => ({
  sid: toText(row.sid),
  userId: toInteger(row.user_id),
  clientId: toText(row.client_id),
  epoch: toInteger(row.epoch),
  createdAt: toTime(row.created_at),
  expiresAt: toTime(row.absolute_expires_at ?? row.expires_at),
  idleTimeout: orNull(toInteger, row.idle_timeout),
  idleExpiresAt: row.idle_timeout === null ? null : toTime(row.expires_at),
  lastSeenAt: orNull(toTime, row.last_seen_at),
  device: orNull(toText, row.device),
  address: orNull(toText, row.address),
  active: toBoolean(row.active),
});

/** When a user signed in last, as far as is kept: a scalar subquery over `u.id`. */
export const lastSignIn: Statement = sql`SELECT last.created_at FROM sessions last WHERE last.user_id = u.id
  ORDER BY last.created_at DESC, last.sid DESC LIMIT 1`;

/** Stores sessions that begin; at least one. Their users must be locked against change. */
export function insertSessions(sessions: readonly SessionView[]): Statement {
  const rows = sessions.map(
    ({ sid, userId, clientId, epoch, createdAt, expiresAt, idleTimeout, idleExpiresAt, device, address }) =>
      sql`(${sid}, ${userId}, ${clientId}, ${epoch}, ${createdAt}, ${idleExpiresAt ?? expiresAt},
        ${idleExpiresAt && expiresAt}, ${idleTimeout}, ${device}, ${address})`,
  );
  return sql`INSERT INTO sessions (sid, user_id, client_id, epoch, created_at, expires_at, absolute_expires_at,
    idle_timeout, device, address) VALUES ${commaSeparated(rows)}`;
}

/** Takes away what tells where and with what a user was signed in. */
export const forgetDevices = (userId: number): Statement =>
  sql`UPDATE sessions SET device = NULL, address = NULL
    WHERE user_id = ${userId} AND (device IS NOT NULL OR address IS NOT NULL)`;
