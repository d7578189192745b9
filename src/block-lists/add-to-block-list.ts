import type { Actor } from '../audit/audit';
import type { Database } from '../database/database';
import type { Keep } from '../database/keep';
import type { Outbox } from '../events/outbox';
import { createChangeBlockList, type RefusedOutcome } from './change-block-list';
import { insertEntries } from './entry-queries';

/** `unknown_user` is a deactivated one, too. `full`: the list is as long as one may be. */
export type BlockListOutcome = 'added' | 'already_blocked' | 'full' | RefusedOutcome;

/**
 * One outcome for each id; the first of them that the list has room for are added.
 * @throws `user.not_found` where the owner is nobody, or deactivated
 */
export type AddToBlockList = (
  ownerId: number,
  blockedIds: readonly number[],
  actor: Actor,
  keep?: Keep<ReadonlyMap<number, BlockListOutcome>>,
) => Promise<ReadonlyMap<number, BlockListOutcome>>;

/**
 * Puts users on the list of those whom a user has blocked for herself. Whether they are suspended does not matter.
 * @param maxEntries the longest that a list may be, with those of whom it does not show while they are deactivated
 */
export function createAddToBlockList(database: Database, outbox: Outbox, maxEntries: number): AddToBlockList {
  const add = createChangeBlockList<Exclude<BlockListOutcome, RefusedOutcome>>(database, outbox, {
    action: 'block_list.add',
    event: 'block_list.added',
    changed: 'added',
    values: (blockedUserId) => ({ before: {}, after: { blockedUserId } }),
    maxEntries,
    decide: (isBlocked, room) => (isBlocked ? 'already_blocked' : room > 0 ? 'added' : 'full'),
    write: insertEntries,
  });
  return (ownerId, otherIds, actor, keep) => add({ ownerId, otherIds, actor }, keep);
}
