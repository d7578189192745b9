import type { Database } from '../database/database';
import type { components } from '../http/contract.generated';
import type { Handlers } from '../http/handlers';
import { DEFAULT_LIMIT, decodeCursor, toPage } from '../http/pagination';
import { parseTime } from '../http/timestamps';
import { userExists } from '../users/find-users';
import { userNotFound } from '../users/users.errors';
import { sessionNotFound } from './access.errors';
import type { CreateSession } from './create-session';
import type { RevokeSession } from './revoke-session';
import type { RevokeSessions } from './revoke-sessions';
import { findSession, pageSessions, type SessionView } from './session-queries';

export interface SessionUseCases {
  createSession: CreateSession;
  revokeSession: RevokeSession;
  revokeSessions: RevokeSessions;
}

type SessionOperations = 'createSession' | 'listSessions' | 'revokeSessions' | 'getSession' | 'revokeSession';

const show = ({ sid, createdAt, expiresAt, ...session }: SessionView): components['schemas']['Session'] => ({
  sessionId: sid,
  ...session,
  createdAt: createdAt.toISOString(),
  expiresAt: expiresAt.toISOString(),
});

const isSessionId = (text: string): boolean => /^[!-~]{1,255}$/.test(text);

export function createSessionsRoutes(
  database: Database,
  { createSession, revokeSession, revokeSessions }: SessionUseCases,
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
        (session: SessionView) => ({
          status: 201,
          body: show(session),
          headers: { Location: `/api/v1/sessions/${encodeURIComponent(session.sid)}` },
        }),
        (keep) => createSession(input, keep),
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
        (keep) => revokeSessions(path.userId, caller, keep),
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
