import { appendAudit, type Actor } from '../audit/audit';
import type { Database } from '../database/database';
import { toTime } from '../database/decode';
import type { Keep } from '../database/keep';
import { databaseNow } from '../database/sql';
import type { Transaction } from '../database/transaction';
import { DuplicateKeyError } from '../database/unit-of-work';
import { newUuid } from '../database/uuid';
import { allocateUserId } from './allocate-user-id';
import { findRetired } from './tombstones';
import { User } from './user.entity';
import { userIdTaken, userRetired, userUidTaken } from './users.errors';

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

/** How often a generated id may lose against a provider that gives the same one at the same moment. */
const MAX_ID_COLLISIONS = 5;

export type CreateUser = (input: NewUser, actor: Actor, keep?: Keep<User>) => Promise<User>;

/** @throws `user.id_taken`, `user.uid_taken`, `user.retired` */
export function createCreateUser(database: Database): CreateUser {
  return async (input, actor, keep) => {
    for (let collisions = 0; ; collisions++) {
      try {
        return await database.transaction((tx) => insertUser(tx, input, actor), keep);
      } catch (error) {
        if (!(error instanceof DuplicateKeyError)) throw error;
        if (error.key === 'users_uid') throw userUidTaken();
        if (input.id !== undefined) throw userIdTaken(input.id);
        if (collisions === MAX_ID_COLLISIONS) throw error;
      }
    }
  };
}

/**
 * Creates a user in a transaction. A key that is taken fails it with DuplicateKeyError.
 * @param at where in the request the user stands, for the refusal
 * @throws `user.retired`
 */
export async function insertUser(tx: Transaction, input: NewUser, actor: Actor, at = '/body'): Promise<User> {
  const id = input.id ?? (await allocateUserId(tx));
  const [[time]] = await tx.read(databaseNow);
  const now = toTime(time?.now);
  const user: User = {
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
  };
  await (await tx.entities()).insert(User, { ...user });
  const changedFields = Object.keys(input);
  const target = `user:${id}`;
  tx.write(
    appendAudit([
      { actor, action: 'user.create', target, changedFields, after: { ...input }, occurredAt: now },
    ]),
  );
  const retired = (await findRetired(tx, [user])).get(user);
  if (retired) throw userRetired(retired, at);
  return user;
}
