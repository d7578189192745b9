import { orNull, toBoolean, toInteger, toText, toTime } from '../../database/decode';
import type { Row } from '../../database/engines/engine';
import { commaSeparated, currentTime, sql, type Statement } from '../../database/sql';
import { statusOf, type UserStatus } from '../../users/user-status';
import { sessionIsAlive } from '../session-queries';

/** What the database knows, at one moment, about the user of a token. */
export interface AccessState {
  uid: string;
  status: UserStatus;
  epoch: number;
  /** Since when credentials that name neither session nor epoch are dead; null where none ever ended. */
  revokedAt: Date | null;
  /** The session that was asked about. */
  session: { alive: boolean; epoch: number; createdAt: Date } | null;
  now: Date;
}

const userColumns = sql`u.uid, u.access_epoch, u.access_revoked_at, u.suspended, u.suspended_until,
  u.deactivated_at, ${currentTime} AS now`;

/** By session id: the session, and whose it is. */
export const selectBySession = (sids: readonly string[]): Statement =>
  sql`SELECT ${userColumns}, s.sid, s.epoch AS session_epoch, s.created_at, (${sessionIsAlive}) AS alive
    FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.sid IN (${commaSeparated(sids)})`;

export const selectByUid = (uids: readonly string[]): Statement =>
  sql`SELECT ${userColumns} FROM users u WHERE u.uid IN (${commaSeparated(uids)})`;

export function toAccessState(row: Row): AccessState {
  const now = toTime(row.now);
  const suspended = toBoolean(row.suspended);
  const suspendedUntil = orNull(toTime, row.suspended_until);
  return {
    uid: toText(row.uid),
    status: statusOf({ suspended, suspendedUntil, deactivatedAt: orNull(toTime, row.deactivated_at) }, now),
    epoch: toInteger(row.access_epoch),
    // As the worker will write it when it closes a suspension that has run out.
    revokedAt: later(suspended ? suspendedUntil : null, orNull(toTime, row.access_revoked_at)),
    session:
      row.sid === undefined
        ? null
        : {
            alive: toBoolean(row.alive),
            epoch: toInteger(row.session_epoch),
            createdAt: toTime(row.created_at),
          },
    now,
  };
}

const later = (one: Date | null, other: Date | null): Date | null =>
  one !== null && other !== null && other > one ? other : (one ?? other);
