import type { Actor } from '../audit/audit';

/** What every change of a block list carries. */
export interface BlockListCommand {
  ownerId: number;
  /** In the order in which their entries are made; an id that comes twice counts once. */
  otherIds: readonly number[];
  actor: Actor;
}
