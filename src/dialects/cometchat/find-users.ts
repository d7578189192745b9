import type { Database } from '../../database/database';
import { DomainError } from '../../errors';
import { findNamedUsers, type NamedUser } from '../../users/named-users';
import { userNotFound } from '../../users/users.errors';
import { spell } from './uid';

/** Those whom uids name, by uid as it was written; undefined is nobody. */
export type UsersByUid = ReadonlyMap<string, NamedUser | undefined>;

/**
 * The user of a path. To CometChat's clients a deactivated one is nobody.
 * @throws `user.not_found`
 */
export async function findUser(
  database: Database,
  uid: string,
  { deactivatedToo = false } = {},
): Promise<NamedUser> {
  const spelled = spell(uid);
  const user = spelled === null ? undefined : (await findNamedUsers(database, [spelled])).get(spelled);
  if (!user || (user.deactivatedAt !== null && !deactivatedToo)) throw userNotFound();
  return user;
}

/**
 * Those of a list in the body, deactivated ones among them.
 * @param field of the body
 * @throws `request.invalid` where two are the same
 */
export async function findEach(
  database: Database,
  uids: readonly string[],
  field: string,
): Promise<UsersByUid> {
  const spelled = uids.map(spell);
  const again = spelled.findIndex((uid, at) => uid !== null && spelled.indexOf(uid) < at);
  if (again >= 0) throw namedTwice(field, again);
  const users = await findNamedUsers(
    database,
    spelled.filter((uid) => uid !== null),
  );
  return new Map(uids.map((uid, at) => [uid, users.get(spelled[at] ?? '')]));
}

const namedTwice = (field: string, at: number) =>
  new DomainError('request.invalid', `${field} names a user twice.`, {
    fields: [{ pointer: `/body/${field}/${at}`, detail: 'names a user who was named before' }],
  });
