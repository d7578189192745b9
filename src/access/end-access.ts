import type { RevocationCause } from '../events/catalogue';
import { announcing, commaSeparated, sql, type Statement } from '../database/sql';

/** One end of access, as the revocation feed tells it. */
export interface EndedAccess {
  uid: string;
  /** Where one session ended; null where all of the user's did. */
  sid: string | null;
  /** The user's epoch from then on. */
  epoch: number;
  cause: RevocationCause;
  revokedAt: Date;
}

/**
 * The assignments to `users` that kill every session and token of a user: what was made under an older epoch is
 * dead (I1), and the epoch is never lowered (I2). The sessions' rows are not touched, so that the cost does not
 * grow with them. The row must be locked.
 */
export const raiseEpoch = (now: Date, by = 1): Statement =>
  sql`access_epoch = access_epoch + ${by}, access_revoked_at = ${now}, version = version + 1, updated_at = ${now}`;

/** Appends to the revocation feed, in the transaction that ends the access; its commit wakes the guards. */
export function appendRevocations(ended: readonly EndedAccess[]): Statement {
  const rows = ended.map(
    ({ uid, sid, epoch, cause, revokedAt }) => sql`(${uid}, ${sid}, ${epoch}, ${cause}, ${revokedAt})`,
  );
  return announcing(
    'revocations',
    sql`INSERT INTO access_revocations (uid, sid, epoch, cause, revoked_at) VALUES ${commaSeparated(rows)}`,
  );
}

/** Takes a uid out of the revocation feed. What is appended after it in the same transaction still tells of her end. */
export const eraseRevocations = ({ uid }: { uid: string }): Statement[] => [
  sql`DELETE FROM access_revocations WHERE uid = ${uid}`,
];
