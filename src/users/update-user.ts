import { appendAudit, type Actor } from '../audit/audit';
import type { Database } from '../database/database';
import { orNull, toBoolean, toText, toTime } from '../database/decode';
import type { Row } from '../database/engines/engine';
import type { Keep } from '../database/keep';
import { commaSeparated, databaseNow, sql, type SqlValue, type Statement } from '../database/sql';
import type { Transaction } from '../database/transaction';
import { type IfMatch, preconditionFault } from '../http/etag';
import type { FindUsers, UserOverview } from './find-users';
import { lockUsers, toLockedUser } from './user-lock';
import { statusOf } from './user-status';
import { userTag } from './user-tag';
import { userNotFound } from './users.errors';

/** What may be changed about a user; what is absent stays, null takes it away. */
export type UserPatch = {
  email?: string | null;
  firstName?: string | null;
  lastName?: string | null;
  locale?: string | null;
  protected?: boolean;
};

export interface UpdateUserCommand {
  userId: number;
  patch: UserPatch;
  actor: Actor;
  /** The states of the user that the caller means; any where absent. */
  ifMatch?: IfMatch;
}

export type UpdateUser<T> = (
  command: UpdateUserCommand,
  keep?: Keep<UserOverview<T>>,
) => Promise<UserOverview<T>>;

/**
 * Changes what is known about a user, and answers her as she is then. Where nothing is different nothing is written.
 * @throws `user.not_found`, `precondition.failed`
 */
export function createUpdateUser<T>(
  database: Database,
  { oneWithin }: Pick<FindUsers<T>, 'oneWithin'>,
): UpdateUser<T> {
  return ({ userId, patch, actor, ifMatch }, keep) =>
    database.transaction(async (tx) => {
      const [[locked], [time], [row]] = await tx.read(
        lockUsers([userId]),
        databaseNow,
        selectPatchable(userId),
      );
      if (!locked || !row) throw userNotFound();
      const now = toTime(time?.now);
      const current = toLockedUser(locked);
      const fault = preconditionFault(ifMatch, userTag(current, statusOf(current, now)));
      if (fault) throw fault;
      const change = difference(toPatchable(row), patch);
      writeChange(tx, userId, change, actor, now);
      // Read before the commit: an answer that failed after it would deny what has happened.
      const user = await oneWithin(tx, userId);
      if (!user) throw userNotFound();
      return user;
    }, keep);
}

function writeChange(
  tx: Transaction,
  userId: number,
  { before, after }: Difference,
  actor: Actor,
  now: Date,
): void {
  const changedFields = Object.keys(after) as (keyof UserPatch)[];
  if (changedFields.length === 0) return;
  const assignments = changedFields.map((field) => assign[field](after[field] ?? null));
  tx.write(sql`UPDATE users SET ${commaSeparated(assignments)}, version = version + 1, updated_at = ${now}
    WHERE id = ${userId}`);
  const target = `user:${userId}`;
  tx.write(
    appendAudit([{ actor, action: 'user.update', target, changedFields, before, after, occurredAt: now }]),
  );
}

const selectPatchable = (id: number): Statement =>
  sql`SELECT email, first_name, last_name, locale, protected FROM users WHERE id = ${id}`;

const toPatchable = (row: Row): Required<UserPatch> => ({
  email: orNull(toText, row.email),
  firstName: orNull(toText, row.first_name),
  lastName: orNull(toText, row.last_name),
  locale: orNull(toText, row.locale),
  protected: toBoolean(row.protected),
});

/** The fields that a patch makes different, as they were and as they become. */
interface Difference {
  before: UserPatch;
  after: UserPatch;
}

function difference(now: Required<UserPatch>, patch: UserPatch): Difference {
  const changed = (Object.keys(patch) as (keyof UserPatch)[]).filter(
    (field) => patch[field] !== undefined && patch[field] !== now[field],
  );
  const pick = (from: UserPatch) =>
    Object.fromEntries(changed.map((field) => [field, from[field]])) as UserPatch;
  return { before: pick(now), after: pick(patch) };
}

const assign: Record<keyof UserPatch, (value: SqlValue) => Statement> = {
  email: (value) =>
    sql`email = ${value}, email_key = ${typeof value === 'string' ? value.toLowerCase() : null}`,
  firstName: (value) => sql`first_name = ${value}`,
  lastName: (value) => sql`last_name = ${value}`,
  locale: (value) => sql`locale = ${value}`,
  protected: (value) => sql`protected = ${value}`,
};
