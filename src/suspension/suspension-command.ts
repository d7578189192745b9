import type { Actor } from '../audit/audit';
import type { ChannelName } from '../events/channel';
import type { UserStatus } from '../users/user-status';

interface Command {
  userId: number;
  actor: Actor;
  /** The channels that this call's flags ask for; nobody else is told (I4). */
  askedFor: ReadonlySet<ChannelName>;
  /** As the caller says; recorded, never trusted. */
  onBehalfOfUserId: number | null;
  /** Whether the caller wants to know how many sessions died; nobody counts otherwise. */
  countSessions: boolean;
}

export interface BlockCommand extends Command {
  action: 'block';
  /** Internal: never shown to the user. At most 250 characters; null clears it. */
  reason: string | null;
}

export interface UnblockCommand extends Command {
  action: 'unblock';
}

export type SuspensionCommand = BlockCommand | UnblockCommand;

/** What a block or unblock did. */
export interface SuspensionReceipt {
  userId: number;
  status: UserStatus;
  /** Whether the suspension changed; access was revoked either way. */
  changed: boolean;
  /** The suspension that is open now, or that this call ended; null where there was none. */
  suspensionId: string | null;
  accessEpoch: number;
  /** Sessions that were alive until now; null where nobody asked. */
  sessionsRevoked: number | null;
  /** Null where nothing changed and nobody new had to be told. */
  eventId: string | null;
  deliveries: { id: string; channel: ChannelName }[];
}
