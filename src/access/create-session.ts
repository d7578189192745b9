import type { Database } from '../database/database';
import { toTime } from '../database/decode';
import type { Keep } from '../database/keep';
import { databaseNow } from '../database/sql';
import { DuplicateKeyError } from '../database/unit-of-work';
import { lockUsersAgainstChange, toLockedUser } from '../users/user-lock';
import { userNotFound } from '../users/users.errors';
import { sessionIdUsed } from './access.errors';
import { openSession, type SessionRequest } from './open-session';
import type { SessionView } from './session-queries';
import { createTurns } from './turns';

export interface NewSession extends SessionRequest {
  userId: number;
}

export type CreateSession = (input: NewSession, keep?: Keep<SessionView>) => Promise<SessionView>;

/**
 * What the identity provider calls at sign-in, where it knows the user's id. Sign-ins of different users never wait
 * for each other.
 * @throws `user.not_found`, `user.suspended`, `user.deactivated`, `session.expiry_past`, `session.id_used`
 */
export function createCreateSession(database: Database): CreateSession {
  const inTurn = createTurns();
  return async ({ userId, ...request }, keep) => {
    try {
      return await inTurn(userId, () =>
        database.transaction(async (tx) => {
          const [[row], [time]] = await tx.read(lockUsersAgainstChange([userId]), databaseNow);
          if (!row) throw userNotFound();
          return openSession(tx, toLockedUser(row), toTime(time?.now), request);
        }, keep),
      );
    } catch (error) {
      throw error instanceof DuplicateKeyError ? sessionIdUsed() : error;
    }
  };
}
