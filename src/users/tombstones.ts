import { toInteger } from '../database/decode';
import { commaSeparated, KeyedValue, sql, type Statement } from '../database/sql';
import type { Transaction } from '../database/transaction';

/** What is kept of an erased user, so that neither her id nor her uid is ever given again (I2). */
export interface Tombstone {
  userId: number;
  uid: string;
  accessEpoch: number;
  eventSequence: number;
  erasedAt: Date;
}

export const insertTombstone = ({
  userId,
  uid,
  accessEpoch,
  eventSequence,
  erasedAt,
}: Tombstone): Statement =>
  sql`INSERT INTO user_tombstones (user_id, uid_hash, access_epoch, event_sequence, erased_at)
    VALUES (${userId}, ${hashOf(uid)}, ${accessEpoch}, ${eventSequence}, ${erasedAt})`;

/**
 * A uid as a tombstone keeps it: recognised when it comes again, and not to be read back. It hangs on the audit key,
 * which is never changed, as the keys of the encryption are: a hash under another key would recognise nobody.
 */
const hashOf = (uid: string) => sql`${new KeyedValue((keyring) => keyring.mac('user-tombstone', uid))}`;

type NewIdentity = Readonly<{ id: number; uid: string }>;

const selectTombstones = (users: readonly NewIdentity[]): Statement =>
  sql`SELECT user_id FROM user_tombstones WHERE user_id IN (${commaSeparated(users.map(({ id }) => id))})
    UNION SELECT user_id FROM user_tombstones
    WHERE uid_hash IN (${commaSeparated(users.map(({ uid }) => hashOf(uid)))})`;

/**
 * Which of the new users would get the id or the uid of somebody erased, and which of the two. To be asked in their
 * transaction after their rows were inserted: that waits for an erasure under way to commit, and what is read then is
 * what it has left. One round trip where nobody would.
 */
export async function findRetired<U extends NewIdentity>(
  tx: Transaction,
  users: readonly U[],
): Promise<ReadonlyMap<U, 'id' | 'uid'>> {
  const retired = new Map<U, 'id' | 'uid'>();
  const [any] = await tx.read(selectTombstones(users));
  if (any.length === 0) return retired;
  const found = await tx.read(...users.map((user) => selectTombstones([user])));
  users.forEach((user, index) => {
    const ids = (found[index] ?? []).map((row) => toInteger(row.user_id));
    if (ids.length > 0) retired.set(user, ids.includes(user.id) ? 'id' : 'uid');
  });
  return retired;
}
