import { sessionIsAlive } from '../access/session-queries';
import { orNull, toInteger, toText, toUuid } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { commaSeparated, sql, type Statement } from '../database/sql';
import type { Channel } from '../events/channel';
import { keptSessions } from './told-sessions';

/**
 * Tells the clients that have registered for it when the sessions end that a user has with them (OpenID Connect
 * Back-Channel Logout 1.0, section 2.5). A client where she has none learns nothing of her.
 */
export const logoutChannel: Channel = {
  name: 'logout',
  queue: 'logouts',
  always: true,
  candidates: (userIds) => (userIds.length === 0 ? null : selectClients(userIds)),
  targets({ type, user, session }, candidates) {
    if (type !== 'session.revoked' && type !== 'sessions.revoked') return [];
    const told = candidates
      .filter((row) => toInteger(row.user_id) === user?.id)
      .filter(({ client_id: clientId }) => !session || toText(clientId) === session.clientId);
    return [...sessionsByClient(told)].map(([target, sids]) => ({
      target,
      state: 'pending',
      recipient: session ? null : keptSessions(sids),
    }));
  },
};

/** Before the sessions end, in the same transaction. Each of them for who finds it by its id alone, else one row. */
const selectClients = (userIds: readonly number[]): Statement =>
  sql`SELECT DISTINCT s.user_id, c.id, c.client_id, CASE WHEN c.session_required = TRUE THEN s.sid END AS sid
    FROM logout_clients c JOIN sessions s ON s.client_id = c.client_id JOIN users u ON u.id = s.user_id
    WHERE c.enabled = TRUE AND s.user_id IN (${commaSeparated(userIds)}) AND ${sessionIsAlive}`;

/** By the client's uuid; none for a client that is told of the user alone. */
function sessionsByClient(rows: readonly Row[]): Map<string, string[]> {
  const sessions = new Map<string, string[]>();
  for (const row of rows) {
    const sid = orNull(toText, row.sid);
    const target = toUuid(row.id);
    sessions.set(target, [...(sessions.get(target) ?? []), ...(sid === null ? [] : [sid])]);
  }
  return sessions;
}
