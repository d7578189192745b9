import type { Logger } from 'pino';
import { actorOf } from '../../audit/actor-of';
import type { AddToBlockList } from '../../block-lists/add-to-block-list';
import { assertAdded, notBlocked } from '../../block-lists/block-list.errors';
import type { BlockListItem, BlockLists } from '../../block-lists/block-list-queries';
import type { RemoveFromBlockList } from '../../block-lists/remove-from-block-list';
import type { Database } from '../../database/database';
import type { Keyring } from '../../database/keyring';
import { DomainError } from '../../errors';
import type { ExactLimit } from '../../http/rate-limits/exact-limit';
import { userNotFound } from '../../users/users.errors';
import type { DialectHandlers } from '../dialect';
import type { components, operations } from './contract.generated';
import { joinName } from '../one-name';
import { findIds } from './find-ids';

export interface BlockListParts {
  database: Database;
  keyring: Pick<Keyring, 'mac'>;
  addToBlockList: AddToBlockList;
  removeFromBlockList: RemoveFromBlockList;
  blockLists: Pick<BlockLists, 'slice'>;
  /** Of a user's blocks. What undoes them needs none of its own. */
  blocks: ExactLimit;
  log: Logger;
}

/** As many as bio.re shows. */
const SHOWN = 50;

export function createBlockListHandlers(parts: BlockListParts): DialectHandlers<operations> {
  const { database, keyring, addToBlockList, removeFromBlockList, blockLists, blocks, log } = parts;

  return {
    async blockUser({ path: { uid }, caller }) {
      await blocks.take(caller.subject);
      const { ownerId, otherId } = await findIds(database, caller.subject, uid);
      if (ownerId === null) throw callerGone();
      if (otherId === null) throw userNotFound();
      const outcomes = await addToBlockList(ownerId, [otherId], actorOf(keyring, caller)).catch(ownerGone);
      assertAdded(outcomes.get(otherId));
      log.info(
        { ownerId, blockedId: otherId, requestId: caller.requestId },
        `[block] User ${ownerId} blocked ${otherId}`,
      );
      return DONE;
    },

    async unblockUser({ path: { uid }, caller }) {
      const { ownerId, otherId } = await findIds(database, caller.subject, uid);
      if (ownerId === null) throw callerGone();
      // Who is nobody, and who is the caller, is not on the list either: bio.re looks for the entry alone.
      if (otherId === null) throw notBlocked();
      const outcomes = await removeFromBlockList(ownerId, [otherId], actorOf(keyring, caller)).catch(
        ownerGone,
      );
      if (outcomes.get(otherId) !== 'removed') throw notBlocked();
      log.info(
        { ownerId, blockedId: otherId, requestId: caller.requestId },
        `[block] User ${ownerId} unblocked ${otherId}`,
      );
      return DONE;
    },

    async listBlockedUsers({ caller }) {
      const { ownerId } = await findIds(database, caller.subject);
      if (ownerId === null) throw callerGone();
      const { items, total } = await blockLists.slice(ownerId, 0, SHOWN).catch(ownerGone);
      const body: ListBody = { success: true, data: { items: items.map(show), total } };
      return { status: 200, body, headers: { 'Cache-Control': 'no-store' } };
    },
  };
}

type ListBody = operations['listBlockedUsers']['responses'][200]['content']['application/json'];

const DONE = { status: 200, body: { success: true } };

const show = ({ user, blockedAt }: BlockListItem): components['schemas']['BlockedUser'] => ({
  id: user.uid,
  username: user.uid,
  displayName: joinName(user) || null,
  blockedAt: blockedAt.toISOString(),
});

/** Erased or deactivated between the look at her token and this. */
const callerGone = () => new DomainError('auth.invalid_token', 'The access token gives no access any more.');

/** Only the owner of a list can be missing to its use cases. */
function ownerGone(error: unknown): never {
  throw error instanceof DomainError && error.code === 'user.not_found' ? callerGone() : error;
}
