import { type Actor, systemActor } from '../audit/audit';
import type { Keep } from '../database/keep';
import type { ChannelName, PlannedDelivery } from '../events/channel';
import type { IfMatch } from '../http/etag';
import type { UserStatus } from '../users/user-status';

/** Why somebody is blocked, in words that can be counted. */
export type SuspensionCategory = 'security' | 'fraud' | 'abuse' | 'legal' | 'offboarding' | 'other';

/** The door that a suspension came through. */
export type SuspensionSource = 'api' | 'batch' | 'job';

interface Command {
  userId: number;
  actor: Actor;
  /** The channels that this call's flags ask for; nobody else is told (I4). */
  askedFor: ReadonlySet<ChannelName>;
  /** As the caller says; recorded, never trusted. */
  onBehalfOfUserId: number | null;
  /** Whether the caller wants to know how many sessions died; nobody counts otherwise. */
  countSessions: boolean;
  /** Whether the caller may take access away from a protected user. */
  mayTouchProtected: boolean;
  /** The states of the user that the caller means; any where absent. */
  ifMatch?: IfMatch;
  /** Where the request may be repeated by its Idempotency-Key. */
  keep?: Keep<SuspensionReceipt>;
}

export interface BlockCommand extends Command {
  action: 'block';
  /** Internal: never shown to the user. At most 250 characters; null clears it. */
  reason: string | null;
  /** What she herself is told of it: by e-mail, and to those who are told of the block. At most 250 characters. */
  reasonForUser: string | null;
  category: SuspensionCategory | null;
  /** When it ends by itself; null is without end. */
  until: Date | null;
  source: SuspensionSource;
}

export interface UnblockCommand extends Command {
  action: 'unblock';
  /** Of an undo: the suspension that it takes back. Where another one is open, or none, the user is left alone. */
  onlySuspensionId?: string | null;
}

/** What the worker sends when a suspension's time has run out. */
export interface ExpireCommand extends Command {
  action: 'expire';
}

export type SuspensionCommand = BlockCommand | UnblockCommand | ExpireCommand;

/** Nobody asks for anything: the block that ends said whom its end has to be told to. */
export const expireCommand = (userId: number): ExpireCommand => ({
  action: 'expire',
  userId,
  actor: systemActor('expiry'),
  askedFor: new Set(),
  onBehalfOfUserId: null,
  countSessions: false,
  mayTouchProtected: false,
});

/** What a command did. */
export interface SuspensionReceipt {
  userId: number;
  status: UserStatus;
  /** Whether the suspension changed; a block or unblock revoked access either way. */
  changed: boolean;
  /** The suspension that is open now, or that this call ended; null where there was none. */
  suspensionId: string | null;
  accessEpoch: number;
  /** The user's ETag from now on. */
  tag: string;
  /** Sessions that were alive until now; null where nobody asked. */
  sessionsRevoked: number | null;
  /** Null where nothing changed and nobody new had to be told. */
  eventId: string | null;
  deliveries: Pick<PlannedDelivery, 'id' | 'channel' | 'state'>[];
}
