import { sql } from '../database/sql';
import type { Transaction } from '../database/transaction';
import { newUuid } from '../database/uuid';
import { statusOf } from '../users/user-status';
import { sessionExpiryPast, userDeactivated, userSuspended } from './access.errors';
import { refuseRetired } from './retire-sessions';
import type { SessionView } from './session-queries';

export interface SessionRequest {
  clientId: string;
  expiresAt: Date;
  /** The provider's own `sid`; generated where it gives none. */
  sid?: string;
}

/** What decides whether a user may sign in, read under the lock of her row. */
export interface SigningIn {
  id: number;
  suspended: boolean;
  suspendedUntil: Date | null;
  deactivatedAt: Date | null;
  accessEpoch: number;
}

/**
 * Opens a session of a user whose row the transaction holds until its commit: a block that is answered before sees
 * the sign-in refused, a block that comes after raises the epoch over the session's (I1).
 * @param now the database's time, read after the lock
 * @throws `user.suspended`, `user.deactivated`, `session.expiry_past`; an id that was ever seen fails the transaction
 *   with DuplicateKeyError (I2)
 */
export function openSession(
  tx: Transaction,
  user: SigningIn,
  now: Date,
  { clientId, expiresAt, sid: given }: SessionRequest,
): SessionView {
  const status = statusOf(user, now);
  if (status === 'deactivated') throw userDeactivated();
  if (status === 'suspended') throw userSuspended();
  if (expiresAt <= now) throw sessionExpiryPast();
  const sid = given ?? newUuid();
  const { id: userId, accessEpoch: epoch } = user;
  tx.write(sql`INSERT INTO sessions (sid, user_id, client_id, epoch, created_at, expires_at)
    VALUES (${sid}, ${userId}, ${clientId}, ${epoch}, ${now}, ${expiresAt})`);
  // A generated id is new by itself.
  if (given !== undefined) tx.write(refuseRetired([given]));
  return { sid, userId, clientId, epoch, createdAt: now, expiresAt, lastSeenAt: null, active: true };
}
