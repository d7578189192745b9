import type { Database } from '../database/database';
import { orNull, toBoolean, toInteger, toTime } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { fromNow, sql } from '../database/sql';
import { statusOf } from '../users/user-status';
import {
  sessionExpired,
  sessionNotFound,
  sessionRevoked,
  userDeactivated,
  userSuspended,
} from './access.errors';
import { selectSession, type SessionView, toSessionView } from './session-queries';

/** `last_seen_at` is written no oftener: many refreshes of one session must not make its row hot. */
const SEEN_EVERY_MS = 60_000;

export type TouchSession = (sid: string) => Promise<SessionView>;

/**
 * What the identity provider calls at refresh: whether the session may go on. Session and user are read by one
 * statement, on the primary, and without a lock: a block that was answered before is seen, and one that comes at the
 * same moment finds nothing made here that it would have to take away. What the provider issues after the answer
 * carries the session's own epoch, which the block has left behind (I1).
 * @throws `session.not_found`, `user.deactivated`, `user.suspended`, `session.revoked`, `session.expired`
 */
export function createTouchSession(database: Database): TouchSession {
  return async (sid) => {
    const { rows } = await database.query(selectSession(sid));
    const [row] = rows;
    if (!row) throw sessionNotFound();
    assertAlive(row);
    const session = toSessionView(row);
    const now = toTime(row.now);
    const seenAt = session.lastSeenAt;
    if (seenAt !== null && now.getTime() - seenAt.getTime() < SEEN_EVERY_MS) return session;
    await database.transaction((tx) => {
      tx.write(sql`UPDATE sessions SET last_seen_at = ${now} WHERE sid = ${sid}
        AND (last_seen_at IS NULL OR last_seen_at <= ${fromNow(-SEEN_EVERY_MS)})`);
      return Promise.resolve();
    });
    return { ...session, lastSeenAt: now };
  };
}

/** Says what ended a session in the order of what the provider should tell the user. */
function assertAlive(row: Row): void {
  const now = toTime(row.now);
  const status = statusOf(
    {
      suspended: toBoolean(row.suspended),
      suspendedUntil: orNull(toTime, row.suspended_until),
      deactivatedAt: orNull(toTime, row.deactivated_at),
    },
    now,
  );
  if (status === 'deactivated') throw userDeactivated();
  if (status === 'suspended') throw userSuspended();
  if (row.revoked_at !== null || toInteger(row.epoch) !== toInteger(row.access_epoch)) throw sessionRevoked();
  // Whatever else makes a session dead.
  if (!toBoolean(row.active)) throw sessionExpired();
}
