import type { Database } from '../../database/database';
import { findNamedUsers, type NamedUser } from '../../users/named-users';
import { type Outcome, ZimRefusal } from './return-codes';

/** The vendor's bound of a list of ids. */
const MAX_USERS = 20;
const MAX_ID_BYTES = 32;

/** The characters that the vendor's document of RemoveUsersFromBlacklist lists; blank and comma are among them. */
const ID = /^[0-9A-Za-z!#$%&()+\-:;<=.>?@[\]^_ ,|~]+$/;

/** What is wrong with an id; null where nothing is. An id that the dialect cannot spell is asked of nobody. */
export function faultOf(id: string): Outcome | null {
  if (Buffer.byteLength(id) > MAX_ID_BYTES) return 'idTooLong';
  return ID.test(id) ? null : 'invalidParameter';
}

/**
 * The ids of a list, each once.
 * @throws ZimRefusal where there is none, or too many
 */
export function readUserIds(ids: readonly string[]): string[] {
  if (ids.length === 0) throw new ZimRefusal('invalidParameter', {}, 'UserIds is empty');
  if (ids.length > MAX_USERS) throw new ZimRefusal('tooManyUsers');
  return [...new Set(ids)];
}

/** Those of the vendor's ids that are users, deactivated ones too; in one read. */
export const findByIds = (
  database: Database,
  ids: readonly string[],
): Promise<ReadonlyMap<string, NamedUser>> =>
  findNamedUsers(
    database,
    ids.filter((id) => faultOf(id) === null),
  );

/**
 * The user who blocks, unblocks or asks.
 * @throws ZimRefusal where she is not registered
 */
export function senderOf(known: ReadonlyMap<string, NamedUser>, fromUserId: string): NamedUser {
  const fault = faultOf(fromUserId);
  if (fault) throw new ZimRefusal(fault);
  const sender = known.get(fromUserId);
  if (!sender) throw new ZimRefusal('senderUnknown');
  if (sender.deactivatedAt) throw new ZimRefusal('senderGone');
  return sender;
}
