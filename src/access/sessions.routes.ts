import type { Database } from '../database/database';
import { hasScope } from '../http/caller';
import type { Handlers } from '../http/handlers';
import { parseOptionalAddress } from '../http/ip-address';
import { DEFAULT_LIMIT, decodeCursor, toPage } from '../http/pagination';
import { userExists } from '../users/find-users';
import type { ShowUser } from '../users/show-user';
import { userNotFound } from '../users/users.errors';
import { sessionNotFound } from './access.errors';
import type { CreateSession } from './create-session';
import type { ImportedSession, ImportSessions } from './import-sessions';
import type { RevokeSession } from './revoke-session';
import type { RevokeSessions } from './revoke-sessions';
import { readSessionRequest, showSessionTo } from './session-body';
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

const isSessionId = (text: string): boolean => /^[!-~]{1,255}$/.test(text);

const locationOf = ({ sid }: SessionView) => ({ Location: `/api/v1/sessions/${encodeURIComponent(sid)}` });

export function createSessionsRoutes<T>(
  database: Database,
  { createSession, importSessions, signIn, touchSession, revokeSession, revokeSessions }: SessionUseCases<T>,
  showUser: ShowUser<T>,
): Pick<Handlers, SessionOperations> {
  return {
    createSession({ path, body, caller, kept }) {
      const input = { userId: path.userId, ...readSessionRequest(body) };
      const show = showSessionTo(caller);
      return kept(
        (session: SessionView) => ({ status: 201, body: show(session), headers: locationOf(session) }),
        (keep) => createSession(input, keep),
      );
    },

    signIn({ body, caller, kept }) {
      const input = { user: body.user, ...readSessionRequest(body) };
      const show = showSessionTo(caller);
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

    async touchSession({ path, body: { device, address } = {}, caller }) {
      const whereabouts = { device, address: parseOptionalAddress(address, '/body/address') };
      return { status: 200, body: showSessionTo(caller)(await touchSession(path.sessionId, whereabouts)) };
    },

    importSessions({ body, kept }) {
      const sessions = body.sessions.map((session, index) => ({
        ...readSessionRequest(session, `/body/sessions/${index}`),
        userId: session.userId,
        sid: session.sessionId,
      }));
      return kept(
        (imported: ImportedSession[]) => ({
          status: 200,
          body: { items: imported.map(({ sid, ...outcome }) => ({ sessionId: sid, ...outcome })) },
        }),
        (keep) => importSessions(sessions, keep),
      );
    },

    async listSessions({ path, query, caller }) {
      const { limit = DEFAULT_LIMIT, cursor } = query;
      const position = decodeCursor(cursor, isSessionId);
      const rows = await pageSessions(
        database,
        path.userId,
        limit + 1,
        position && { createdAt: position.createdAt, sid: position.key },
      );
      if (rows.length === 0 && !(await userExists(database, path.userId))) throw userNotFound();
      return {
        status: 200,
        body: toPage(rows, limit, showSessionTo(caller), ({ createdAt, sid }) => [createdAt, sid]),
      };
    },

    revokeSessions: ({ path, caller, kept }) =>
      kept(
        () => ({ status: 204 }),
        (keep) => revokeSessions(path.userId, caller, hasScope(caller, 'users:block-protected'), keep),
      ),

    async getSession({ path, caller }) {
      const session = await findSession(database, path.sessionId);
      if (!session) throw sessionNotFound();
      return { status: 200, body: showSessionTo(caller)(session) };
    },

    revokeSession: ({ path, caller, kept }) =>
      kept(
        () => ({ status: 204 }),
        (keep) => revokeSession(path.sessionId, caller, keep),
      ),
  };
}
