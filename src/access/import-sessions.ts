import type { Database } from '../database/database';
import { toInteger, toText, toTime } from '../database/decode';
import { inChunks } from '../database/in-chunks';
import type { Keep } from '../database/keep';
import { commaSeparated, databaseNow, sql } from '../database/sql';
import type { Transaction } from '../database/transaction';
import type { ErrorCode } from '../errors';
import { lockUsersAgainstChange, toLockedUser } from '../users/user-lock';
import { userNotFound } from '../users/users.errors';
import { sessionIdUsed } from './access.errors';
import type { NewSession } from './create-session';
import { newSession, signInRefusal } from './open-session';
import { selectRetired } from './retire-sessions';
import { insertSessions, type SessionView } from './session-queries';

/** A session that the provider has already given an id. */
export type SessionToImport = NewSession & { sid: string };

/** What became of one session of an import. */
export interface ImportedSession {
  sid: string;
  outcome: 'created' | 'exists' | 'refused';
  code?: ErrorCode;
}

export type ImportSessions = (
  sessions: readonly SessionToImport[],
  keep?: Keep<ImportedSession[]>,
) => Promise<ImportedSession[]>;

/**
 * Makes many sessions by the rules of a sign-in, a transaction for a few hundred: their users are locked in id order
 * against change, and each session begins under its user's present epoch (I1). A session of the same id, user and
 * client that is there already is left as it is, dead or alive, so that an import may be repeated (I2).
 * @returns an outcome for each, in order; after an error what came before it may be stored: repeat the import
 */
export function createImportSessions(database: Database): ImportSessions {
  return (sessions, keep) => inChunks(database, sessions, importInto, keep);
}

type Owner = Pick<SessionToImport, 'userId' | 'clientId'>;

async function importInto(tx: Transaction, sessions: readonly SessionToImport[]): Promise<ImportedSession[]> {
  const userIds = [...new Set(sessions.map(({ userId }) => userId))];
  const sids = sessions.map(({ sid }) => sid);
  const [userRows, [time], knownRows] = await tx.read(
    lockUsersAgainstChange(userIds),
    databaseNow,
    sql`SELECT sid, user_id, client_id FROM sessions WHERE sid IN (${commaSeparated(sids)})`,
  );
  const users = new Map(userRows.map(toLockedUser).map((user) => [user.id, user]));
  const now = toTime(time?.now);
  const owners = new Map<string, Owner>(
    knownRows.map(({ sid, user_id: userId, client_id: clientId }) => [
      toText(sid),
      { userId: toInteger(userId), clientId: toText(clientId) },
    ]),
  );
  const created: SessionView[] = [];

  const outcomes = sessions.map((session): ImportedSession => {
    const { sid, userId, clientId, expiresAt } = session;
    const owner = owners.get(sid);
    if (owner?.userId === userId && owner.clientId === clientId) return { sid, outcome: 'exists' };
    const user = users.get(userId);
    if (!user) return { sid, outcome: 'refused', code: userNotFound().code };
    const refusal = owner ? sessionIdUsed() : signInRefusal(user, now, expiresAt);
    if (refusal) return { sid, outcome: 'refused', code: refusal.code };
    owners.set(sid, session);
    created.push(newSession(sid, user, now, session));
    return { sid, outcome: 'created' };
  });

  if (created.length === 0) return outcomes;
  tx.write(insertSessions(created));
  const retired = await takeRetiredBack(
    tx,
    created.map(({ sid }) => sid),
  );
  return outcomes.map((one) =>
    retired.has(one.sid) ? { sid: one.sid, outcome: 'refused', code: sessionIdUsed().code } : one,
  );
}

/** Where `openSession` would fail the transaction, these alone are refused. It must come after the INSERT, as there. */
async function takeRetiredBack(tx: Transaction, sids: readonly string[]): Promise<ReadonlySet<string>> {
  const [rows] = await tx.read(selectRetired(sids));
  const retired = rows.map(({ sid }) => toText(sid));
  if (retired.length > 0) tx.write(sql`DELETE FROM sessions WHERE sid IN (${commaSeparated(retired)})`);
  return new Set(retired);
}
