import type { Actor } from '../audit/audit';
import type { Database } from '../database/database';
import type { Keep } from '../database/keep';
import type { Outbox } from '../events/outbox';
import { createChangeBlockList, type RefusedOutcome } from './change-block-list';
import { deleteEntries } from './entry-queries';

/** `unknown_user` is a deactivated one, too: what the list does not show is not taken off it. */
export type RemoveOutcome = 'removed' | 'not_blocked' | RefusedOutcome;

/**
 * One outcome for each id.
 * @throws `user.not_found` where the owner is nobody, or deactivated
 */
export type RemoveFromBlockList = (
  ownerId: number,
  blockedIds: readonly number[],
  actor: Actor,
  keep?: Keep<ReadonlyMap<number, RemoveOutcome>>,
) => Promise<ReadonlyMap<number, RemoveOutcome>>;

/** Takes users off the list of those whom a user has blocked for herself. */
export function createRemoveFromBlockList(database: Database, outbox: Outbox): RemoveFromBlockList {
  const remove = createChangeBlockList<Exclude<RemoveOutcome, RefusedOutcome>>(database, outbox, {
    action: 'block_list.remove',
    event: 'block_list.removed',
    changed: 'removed',
    values: (blockedUserId) => ({ before: { blockedUserId }, after: {} }),
    decide: (isBlocked) => (isBlocked ? 'removed' : 'not_blocked'),
    write: deleteEntries,
  });
  return (ownerId, otherIds, actor, keep) => remove({ ownerId, otherIds, actor }, keep);
}
