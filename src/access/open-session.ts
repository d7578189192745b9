import type { Transaction } from '../database/transaction';
import { newUuid } from '../database/uuid';
import type { DomainError } from '../errors';
import { statusOf } from '../users/user-status';
import { sessionExpiryPast, userDeactivated, userSuspended } from './access.errors';
import { refuseRetired } from './retire-sessions';
import { insertSessions, type SessionView } from './session-queries';

export interface SessionRequest {
  clientId: string;
  expiresAt: Date;
  /** The provider's own `sid`; generated where it gives none. */
  sid?: string;
  /** Seconds that it may go untouched. */
  idleTimeout?: number;
  device?: string;
  /** An IP address in its plain form. */
  address?: string;
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
  { sid: given, ...request }: SessionRequest,
): SessionView {
  const refusal = signInRefusal(user, now, request.expiresAt);
  if (refusal) throw refusal;
  const sid = given ?? newUuid();
  const session = newSession(sid, user, now, request);
  tx.write(insertSessions([session]));
  // A generated id is new by itself.
  if (given !== undefined) tx.write(refuseRetired([given]));
  return session;
}

/** Why a user may not get a session that ends at `expiresAt`; null where she may. See `openSession`. */
export function signInRefusal(user: SigningIn, now: Date, expiresAt: Date): DomainError | null {
  const status = statusOf(user, now);
  if (status === 'deactivated') return userDeactivated();
  if (status === 'suspended') return userSuspended();
  return expiresAt <= now ? sessionExpiryPast() : null;
}

/** A session that begins now, under the user's epoch. */
export const newSession = (
  sid: string,
  { id: userId, accessEpoch: epoch }: SigningIn,
  now: Date,
  { clientId, expiresAt, idleTimeout, device, address }: Omit<SessionRequest, 'sid'>,
): SessionView => ({
  sid,
  userId,
  clientId,
  epoch,
  createdAt: now,
  expiresAt,
  idleTimeout: idleTimeout ?? null,
  idleExpiresAt: idleTimeout === undefined ? null : idleExpiry(now, idleTimeout, expiresAt),
  lastSeenAt: null,
  device: device ?? null,
  address: address ?? null,
  active: true,
});

/** When a session that is used now ends unless it is used again. @param idleTimeout seconds */
export const idleExpiry = (now: Date, idleTimeout: number, expiresAt: Date): Date =>
  new Date(Math.min(now.getTime() + idleTimeout * 1000, expiresAt.getTime()));
