import type { Database } from '../database/database';
import { toTime } from '../database/decode';
import type { Keep } from '../database/keep';
import { databaseNow, sql } from '../database/sql';
import { DuplicateKeyError } from '../database/unit-of-work';
import { newUuid } from '../database/uuid';
import { lockUserAgainstChange, toLockedUser } from '../users/user-lock';
import { statusOf } from '../users/user-status';
import { userNotFound } from '../users/users.errors';
import { sessionExpiryPast, sessionIdUsed, userDeactivated, userSuspended } from './access.errors';
import type { SessionView } from './session-queries';

export interface NewSession {
  userId: number;
  clientId: string;
  expiresAt: Date;
  /** The provider's own `sid`; generated where it gives none. */
  sid?: string;
}

export type CreateSession = (input: NewSession, keep?: Keep<SessionView>) => Promise<SessionView>;

/**
 * What the identity provider calls at sign-in. The user's row is locked before its status and epoch are
 * read, and stays so until the commit: a block that is answered before sees the sign-in refused, a block that
 * comes after raises the epoch over the session's (I1). Sign-ins of different users never wait for each other.
 * @throws `user.not_found`, `user.suspended`, `user.deactivated`, `session.expiry_past`, `session.id_used`
 */
export function createCreateSession(database: Database): CreateSession {
  return async ({ userId, clientId, expiresAt, sid = newUuid() }, keep) => {
    try {
      return await database.transaction(async (tx) => {
        const [[row], [time]] = await tx.read(lockUserAgainstChange(userId), databaseNow);
        if (!row) throw userNotFound();
        const user = toLockedUser(row);
        const now = toTime(time?.now);
        const status = statusOf(user, now);
        if (status === 'deactivated') throw userDeactivated();
        if (status === 'suspended') throw userSuspended();
        if (expiresAt <= now) throw sessionExpiryPast();
        const epoch = user.accessEpoch;
        tx.write(sql`INSERT INTO sessions (sid, user_id, client_id, epoch, created_at, expires_at)
          VALUES (${sid}, ${userId}, ${clientId}, ${epoch}, ${now}, ${expiresAt})`);
        return { sid, userId, clientId, epoch, createdAt: now, expiresAt, active: true };
      }, keep);
    } catch (error) {
      // Sessions stay in the table, so that their key remembers every id that was ever seen (I2).
      throw error instanceof DuplicateKeyError ? sessionIdUsed() : error;
    }
  };
}
