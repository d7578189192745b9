import { type Actor, appendAudit } from '../audit/audit';
import type { Database } from '../database/database';
import { toInteger } from '../database/decode';
import type { Keep } from '../database/keep';
import { sql } from '../database/sql';
import { Uuid } from '../database/uuid';
import { type GivenSubject, selectUsersOf, toUserSubject } from './subject';
import { lockOwnStream, type NamedStream } from './stream-queries';

export interface ChangeSubjectCommand extends NamedStream {
  subject: GivenSubject;
  /** `remove` excludes a user from the stream, `add` takes that back: a stream covers everybody else. */
  change: 'add' | 'remove';
  actor: Actor;
}

export type ChangeSubject = (command: ChangeSubjectCommand, keep?: Keep<void>) => Promise<void>;

/**
 * Adds a user to a stream or removes her (SSF 1.0, sections 8.1.3.2 and 8.1.3.3). Whether there is such a user is not
 * told (section 9.1, I7).
 * @param subjectIssuer the identity provider, whose users they are
 * @throws `stream.not_found`, `request.invalid`
 */
export const createChangeSubject =
  (database: Database, subjectIssuer: string): ChangeSubject =>
  async ({ subject, change, actor, ...named }, keep) => {
    const wanted = toUserSubject(subject, subjectIssuer);
    await database.transaction(async (tx) => {
      const { stream, now } = await lockOwnStream(tx, named);
      const id = new Uuid(stream.id);
      const [found] = await tx.read(selectUsersOf(wanted));
      const [user, another] = found.map((row) => toInteger(row.id));
      // An address that is two people's names nobody: nothing is kept from a stream by mistake.
      if (user === undefined || another !== undefined) return;
      const [excluded] = await tx.read(
        sql`SELECT user_id FROM security_event_exclusions WHERE stream_id = ${id} AND user_id = ${user}`,
      );
      if ((change === 'remove') === excluded.length > 0) return;
      tx.write(
        change === 'remove'
          ? sql`INSERT INTO security_event_exclusions (stream_id, user_id, excluded_at) VALUES (${id}, ${user}, ${now})`
          : sql`DELETE FROM security_event_exclusions WHERE stream_id = ${id} AND user_id = ${user}`,
      );
      tx.write(
        appendAudit([
          {
            actor,
            action: `security_event_stream.${change}_subject`,
            target: `security_event_stream:${stream.id}`,
            userId: user,
            changedFields: ['subjects'],
            occurredAt: now,
          },
        ]),
      );
    }, keep);
  };

/** What goes with a user who is erased. */
export const forgetExclusionsOf = (userId: number) =>
  sql`DELETE FROM security_event_exclusions WHERE user_id = ${userId}`;
