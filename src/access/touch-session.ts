import type { Database } from '../database/database';
import { orNull, toBoolean, toInteger, toTime } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { assertPrimary } from '../database/faults';
import { sql, type Statement } from '../database/sql';
import { statusOf } from '../users/user-status';
import {
  sessionExpired,
  sessionNotFound,
  sessionRevoked,
  userDeactivated,
  userSuspended,
} from './access.errors';
import { idleExpiry } from './open-session';
import { lockOwnerAgainstChange, selectSession, type SessionView, toSessionView } from './session-queries';
import { createTurns } from './turns';

/** `last_seen_at` is written no oftener: many refreshes of one session must not make its row hot. */
const SEEN_EVERY_MS = 60_000;

/** Of an idle timeout so much may be lost, since not every touch is written. */
const IDLE_SHARE = 0.1;

/** Where the user is now; what is absent stays as it was. */
export interface Whereabouts {
  device?: string;
  /** An IP address in its plain form. */
  address?: string;
}

export type TouchSession = (sid: string, whereabouts?: Whereabouts) => Promise<SessionView>;

/**
 * What the identity provider calls before it issues anything to a session that exists: whether it may go on. The
 * user's row is locked against change as at sign-in, so that touch and block come one after the other: after the
 * block it refuses, and what is issued upon a touch before it carries an epoch that the block has left behind (I1).
 * @throws `session.not_found`, `user.deactivated`, `user.suspended`, `session.revoked`, `session.expired`
 */
export function createTouchSession(database: Database): TouchSession {
  const inTurn = createTurns();
  return (sid, whereabouts = {}) =>
    inTurn(sid, () =>
      database.transaction(async (tx) => {
        const [, [row], demoted] = await tx.read(
          lockOwnerAgainstChange(sid),
          selectSession(sid),
          database.engine.selectDemoted,
        );
        // Nothing is written where there is nothing to write, and a copy would never refuse.
        assertPrimary(demoted);
        if (!row) throw sessionNotFound();
        assertAlive(row);
        const session = toSessionView(row);
        const seen = seenNow(session, toTime(row.now), whereabouts);
        if (seen) tx.write(updateSeen(seen));
        return seen ?? session;
      }),
    );
}

/** The session as this touch leaves it; null where that is not worth a write. */
function seenNow(session: SessionView, now: Date, whereabouts: Whereabouts): SessionView | null {
  const { lastSeenAt, idleTimeout, expiresAt } = session;
  const { device = session.device, address = session.address } = whereabouts;
  const everyMs = Math.min(SEEN_EVERY_MS, (idleTimeout ?? Infinity) * 1000 * IDLE_SHARE);
  const isDue = now.getTime() - (lastSeenAt?.getTime() ?? -Infinity) >= everyMs;
  if (!isDue && device === session.device && address === session.address) return null;
  const idleExpiresAt = idleTimeout === null ? null : idleExpiry(now, idleTimeout, expiresAt);
  return { ...session, device, address, lastSeenAt: now, idleExpiresAt };
}

const updateSeen = ({ sid, lastSeenAt, idleExpiresAt, expiresAt, device, address }: SessionView): Statement =>
  sql`UPDATE sessions SET last_seen_at = ${lastSeenAt}, expires_at = ${idleExpiresAt ?? expiresAt},
    device = ${device}, address = ${address} WHERE sid = ${sid}`;

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
