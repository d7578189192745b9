import type { Actor } from '../audit/audit';
import type { Keep } from '../database/keep';
import type { ChannelName } from '../events/channel';

/** What every call about a user's account carries. */
export interface AccountCommand {
  userId: number;
  actor: Actor;
  /** The channels that this call's flags ask for; nobody else is told (I4). */
  askedFor: ReadonlySet<ChannelName>;
  /** Whether the token has `users:block-protected`. */
  mayTouchProtected: boolean;
}

export type ChangeAccount = (command: AccountCommand, keep?: Keep<unknown>) => Promise<void>;
