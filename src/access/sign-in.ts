import type { Actor } from '../audit/audit';
import type { Database } from '../database/database';
import { toTime } from '../database/decode';
import type { Keep } from '../database/keep';
import { databaseNow } from '../database/sql';
import { DuplicateKeyError } from '../database/unit-of-work';
import { insertUser } from '../users/create-user';
import type { FindUsers, UserOverview } from '../users/find-users';
import type { NewUser } from '../users/insert-users';
import { overviewOfNew } from '../users/show-user';
import { lockUidAgainstChange, toLockedUser } from '../users/user-lock';
import { userIdTaken } from '../users/users.errors';
import { sessionIdUsed } from './access.errors';
import { openSession, type SessionRequest } from './open-session';
import type { SessionView } from './session-queries';
import { createTurns } from './turns';

/** The user whom the provider knows by `uid`; the rest is for creating her. */
export interface SignInRequest extends SessionRequest {
  user: NewUser & { uid: string };
}

export interface SignedIn<T> {
  user: UserOverview<T>;
  session: SessionView;
  created: boolean;
}

export type SignIn<T> = (
  input: SignInRequest,
  actor: Actor,
  keep?: Keep<SignedIn<T>>,
) => Promise<SignedIn<T>>;

/** How often another sign-in or provider may create a user at the same moment. */
const MAX_COLLISIONS = 5;

/**
 * What the identity provider calls at sign-in, where it knows the user's uid: finds her, or creates her, and opens
 * the session, in one transaction. Of several first sign-ins at once one creates the user, the others find her.
 * @throws `user.suspended`, `user.deactivated`, `session.expiry_past`, `session.id_used`, `user.id_taken`,
 *   `user.retired`
 */
export function createSignIn<T>(database: Database, findUsers: FindUsers<T>): SignIn<T> {
  const inTurn = createTurns();
  const run: SignIn<T> = async ({ user: wanted, ...request }, actor, keep) => {
    for (let collisions = 0; ; collisions++) {
      // Whose key refused a row: MariaDB calls every primary key the same.
      let creating = false;
      try {
        return await database.transaction(async (tx) => {
          const [[locked], [time], [row]] = await tx.read(
            lockUidAgainstChange(wanted.uid),
            databaseNow,
            findUsers.selectByUid(wanted.uid),
          );
          if (locked && row) {
            creating = false;
            const session = openSession(tx, toLockedUser(locked), toTime(time?.now), request);
            return { user: findUsers.overview(row), session, created: false };
          }
          creating = true;
          const user = await insertUser(tx, wanted, actor, '/body/user');
          creating = false;
          const session = openSession(tx, user, user.createdAt, request);
          return { user: overviewOfNew(user), session, created: true };
        }, keep);
      } catch (error) {
        if (!(error instanceof DuplicateKeyError)) throw error;
        if (!creating) throw sessionIdUsed();
        // Somebody else's id, unless another sign-in has created this very user: then she is found now.
        const idRefused = error.key !== 'users_uid' && wanted.id !== undefined;
        if (idRefused && collisions > 0) throw userIdTaken(wanted.id ?? 0, '/body/user/id');
        if (collisions === MAX_COLLISIONS) throw error;
      }
    }
  };
  return (input, actor, keep) => inTurn(input.user.uid, () => run(input, actor, keep));
}
