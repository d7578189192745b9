import { DomainError } from '../errors';
import { userNotFound } from '../users/users.errors';
import type { BlockListOutcome } from './add-to-block-list';
import type { RemoveOutcome } from './remove-from-block-list';

const blocksHerself = () => new DomainError('block_list.self', 'Nobody blocks herself, or stops to.');

const alreadyBlocked = () =>
  new DomainError('block_list.already_blocked', 'The user is on the list already.');

const listFull = () =>
  new DomainError('block_list.full', 'The list is as long as one may be: take somebody off it first.');

export const notBlocked = () => new DomainError('block_list.not_blocked', 'The user is not on the list.');

/** For who adds one user alone. @throws `block_list.already_blocked`, `block_list.self`, `block_list.full`, `user.not_found` */
export function assertAdded(outcome: BlockListOutcome | undefined): void {
  if (outcome === 'self') throw blocksHerself();
  if (outcome === 'already_blocked') throw alreadyBlocked();
  if (outcome === 'full') throw listFull();
  if (outcome !== 'added') throw userNotFound();
}

/** For who takes off one user alone. @throws `block_list.not_blocked`, `block_list.self`, `user.not_found` */
export function assertRemoved(outcome: RemoveOutcome | undefined): void {
  if (outcome === 'self') throw blocksHerself();
  if (outcome === 'not_blocked') throw notBlocked();
  if (outcome !== 'removed') throw userNotFound();
}
