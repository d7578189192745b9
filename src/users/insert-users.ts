import { appendAudit, type Actor, type AuditEntry } from '../audit/audit';
import { toTime } from '../database/decode';
import { commaSeparated, databaseNow, sql } from '../database/sql';
import type { Transaction } from '../database/transaction';
import { newUuid } from '../database/uuid';
import { allocateUserIds } from './allocate-user-ids';
import { findRetired } from './tombstones';
import type { User } from './user.entity';

export interface NewUser {
  /** 1..2^53-1; generated where the provider gives none. */
  id?: number;
  /** 1..100 characters; a UUID where the provider gives none. */
  uid?: string;
  email?: string | null;
  firstName?: string | null;
  lastName?: string | null;
  locale?: string | null;
}

export interface InsertedUsers {
  users: User[];
  /** Of them, those who cannot be made, and by which of the two. */
  retired: ReadonlyMap<User, 'id' | 'uid'>;
}

/**
 * Makes users in the given transaction, however many with the same statements. A key that is taken fails it with
 * DuplicateKeyError, before anything else is written.
 * @param inputs at least one
 * @returns the users in the order of `inputs`; a retired one would have got the id or the uid of somebody erased, and is
 *   taken back
 */
export async function insertUsers(
  tx: Transaction,
  inputs: readonly NewUser[],
  actor: Actor,
): Promise<InsertedUsers> {
  const given = new Set(inputs.flatMap(({ id }) => id ?? []));
  const generated = await allocateUserIds(tx, inputs.filter(({ id }) => id === undefined).length, given);
  const [[time]] = await tx.read(databaseNow);
  const now = toTime(time?.now);
  const users = inputs.map((input) => toUser(input, input.id ?? Number(generated.shift()), now));
  const rows = users.map(
    (user) => sql`(${user.id}, ${user.uid}, ${user.email}, ${user.emailKey}, ${user.firstName},
      ${user.lastName}, ${user.locale}, ${user.suspended}, ${user.protected}, ${user.accessEpoch}, ${user.eventSequence},
      ${user.version}, ${user.createdAt}, ${user.updatedAt})`,
  );
  await tx.execute(sql`INSERT INTO users (id, uid, email, email_key, first_name, last_name, locale, suspended, protected, access_epoch,
    event_sequence, version, created_at, updated_at) VALUES ${commaSeparated(rows)}`);
  const retired = await findRetired(tx, users);
  if (retired.size > 0) {
    const ids = [...retired.keys()].map(({ id }) => id);
    tx.write(sql`DELETE FROM users WHERE id IN (${commaSeparated(ids)})`);
  }
  const entries = users.flatMap((user, index): AuditEntry[] => {
    if (retired.has(user)) return [];
    const after = { ...inputs[index] };
    const changedFields = Object.keys(after);
    return [
      { actor, action: 'user.create', target: `user:${user.id}`, changedFields, after, occurredAt: now },
    ];
  });
  if (entries.length > 0) tx.write(appendAudit(entries));
  return { users, retired };
}

const toUser = (input: NewUser, id: number, now: Date): User => ({
  id,
  uid: input.uid ?? newUuid(),
  email: input.email ?? null,
  emailKey: input.email?.toLowerCase() ?? null,
  firstName: input.firstName ?? null,
  lastName: input.lastName ?? null,
  locale: input.locale ?? null,
  suspended: false,
  suspendedUntil: null,
  deactivatedAt: null,
  protected: false,
  accessEpoch: 1,
  accessRevokedAt: null,
  eventSequence: 0,
  version: 1,
  createdAt: now,
  updatedAt: now,
});
