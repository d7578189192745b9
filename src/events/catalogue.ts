/** Every type of event; a receiver subscribes to these names. */
export const EVENT_TYPES = [
  'user.blocked',
  'user.unblocked',
  'user.deactivated',
  'user.reactivated',
  'user.deleted',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** Raised when the shape of an event's data changes in a way that receivers must know. */
export const SCHEMA_VERSION = 1;

/** What the data of every event about a user tells. Times are RFC 3339 with milliseconds, UTC. */
export interface UserEventData {
  userId: number;
  uid: string;
  /** Grows with each event of this user: a receiver keeps the highest and drops what is older (I5). */
  sequence: number;
  /** Credentials of an older epoch are dead. */
  epoch: number;
}

/** The data of `user.blocked` and `user.unblocked`. */
export interface SuspensionEventData extends UserEventData {
  suspensionId: string;
  reason: string | null;
  category: string | null;
  /** Who blocked or unblocked. */
  actor: string;
  onBehalfOfUserId: number | null;
  blockedAt: string;
  blockedUntil: string | null;
  /** Only where the suspension has ended. */
  unblockedAt: string | null;
  /** How it ended; null where it has not. */
  cause: 'unblocked' | 'expired' | null;
}

/** The data of `user.deactivated` and `user.reactivated`. */
export interface AccountEventData extends UserEventData {
  /** Who deactivated or reactivated. */
  actor: string;
  /** Whether names and address were taken away besides; whoever has copies of them drops them. */
  anonymised: boolean;
}

/** What a receiver gets (Standard Webhooks, "Payload structure"). */
export interface EventEnvelope {
  type: EventType;
  /** When it happened, not when it was sent. */
  timestamp: string;
  /** Of `user.deleted` no more than every event tells: nothing else of the user is left. */
  data: UserEventData | AccountEventData | SuspensionEventData;
}
