import type { Actor } from '../audit/audit';
import type { Database } from '../database/database';
import type { Keep } from '../database/keep';
import type { Transaction } from '../database/transaction';
import { DuplicateKeyError } from '../database/unit-of-work';
import { insertUsers, type NewUser } from './insert-users';
import type { User } from './user.entity';
import { userIdTaken, userRetired, userUidTaken } from './users.errors';

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
  const { users, retired } = await insertUsers(tx, [input], actor);
  const user = users[0] as User;
  const field = retired.get(user);
  if (field) throw userRetired(field, at);
  return user;
}
