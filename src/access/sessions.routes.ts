import type { Database } from '../database/database';
import { hasScope } from '../http/caller';
import type { components } from '../http/contract.generated';
import type { Handlers } from '../http/handlers';
import { DEFAULT_LIMIT, decodeCursor, toPage } from '../http/pagination';
import { parseTime } from '../http/timestamps';
import { userExists } from '../users/find-users';
import type { ShowUser } from '../users/show-user';
import { userNotFound } from '../users/users.errors';
import { sessionNotFound } from './access.errors';
import type { CreateSession } from './create-session';
import type { ImportedSession, ImportSessions } from './import-sessions';
import type { RevokeSession } from './revoke-session';
import type { RevokeSessions } from './revoke-sessions';
import { findSession, pageSessions, type SessionView } from './session-queries';
import type { SignedIn, SignIn } from './sign-in';
import type { TouchSession } from './touch-session';

export interface SessionUseCases<T> {
  createSession: CreateSession;
  signIn: SignIn<T>;
  touchSession: TouchSession;
  importSessions: ImportSessions;
  revokeSession: RevokeSession;
  revokeSessions: RevokeSessions;
}

type SessionOperations =
  | 'createSession'
  | 'importSessions'
  | 'signIn'
  | 'touchSession'
  | 'listSessions'
  | 'revokeSessions'
  | 'getSession'
  | 'revokeSession';

const show = ({
  sid,
  createdAt,
  expiresAt,
  lastSeenAt,
  ...session
}: SessionView): components['schemas']['Session'] => ({
  sessionId: sid,
  ...session,
  createdAt: createdAt.toISOString(),
  expiresAt: expiresAt.toISOString(),
  lastSeenAt: lastSeenAt?.toISOString() ?? null,
});

const isSessionId = (text: string): boolean => /^[!-~]{1,255}$/.test(text);

const locationOf = ({ sid }: SessionView) => ({ Location: `/api/v1/sessions/${encodeURIComponent(sid)}` });

export function createSessionsRoutes<T>(
  database: Database,
  { createSession, importSessions, signIn, touchSession, revokeSession, revokeSessions }: SessionUseCases<T>,
  showUser: ShowUser<T>,
): Pick<Handlers, SessionOperations> {
  return {
    createSession({ path, body, kept }) {
      const input = {
        userId: path.userId,
        clientId: body.clientId,
        expiresAt: parseTime(body.expiresAt, '/body/expiresAt'),
        sid: body.sessionId,
      };
      return kept(
        (session: SessionView) => ({ status: 201, body: show(session), headers: locationOf(session) }),
        (keep) => createSession(input, keep),
      );
    },

    signIn({ body, caller, kept }) {
      const { user, clientId, expiresAt, sessionId } = body;
      const input = { user, clientId, expiresAt: parseTime(expiresAt, '/body/expiresAt'), sid: sessionId };
      return kept(
        (signedIn: SignedIn<T>) => ({
          status: 201,
          body: {
            user: showUser(signedIn.user, caller),
            session: show(signedIn.session),
            created: signedIn.created,
          },
          headers: locationOf(signedIn.session),
        }),
        (keep) => signIn(input, caller, keep),
        { about: (signedIn) => signedIn.user.id },
      );
    },

    async touchSession({ path }) {
      return { status: 200, body: show(await touchSession(path.sessionId)) };
    },

    importSessions({ body, kept }) {
      const sessions = body.sessions.map(({ sessionId, expiresAt, ...session }, index) => ({
        ...session,
        sid: sessionId,
        expiresAt: parseTime(expiresAt, `/body/sessions/${index}/expiresAt`),
      }));
      return kept(
        (imported: ImportedSession[]) => ({
          status: 200,
          body: { items: imported.map(({ sid, ...outcome }) => ({ sessionId: sid, ...outcome })) },
        }),
        (keep) => importSessions(sessions, keep),
      );
    },

    async listSessions({ path, query }) {
      const { limit = DEFAULT_LIMIT, cursor } = query;
      const position = decodeCursor(cursor, isSessionId);
      const rows = await pageSessions(
        database,
        path.userId,
        limit + 1,
        position && { createdAt: position.createdAt, sid: position.key },
      );
      if (rows.length === 0 && !(await userExists(database, path.userId))) throw userNotFound();
      return { status: 200, body: toPage(rows, limit, show, ({ createdAt, sid }) => [createdAt, sid]) };
    },

    revokeSessions: ({ path, caller, kept }) =>
      kept(
        () => ({ status: 204 }),
        (keep) => revokeSessions(path.userId, caller, hasScope(caller, 'users:block-protected'), keep),
      ),

    async getSession({ path }) {
      const session = await findSession(database, path.sessionId);
      if (!session) throw sessionNotFound();
      return { status: 200, body: show(session) };
    },

    revokeSession: ({ path, caller, kept }) =>
      kept(
        () => ({ status: 204 }),
        (keep) => revokeSession(path.sessionId, caller, keep),
      ),
  };
}
