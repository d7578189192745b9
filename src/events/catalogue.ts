/** Every type of event; a receiver subscribes to these names. */
export const EVENT_TYPES = ['user.blocked', 'user.unblocked'] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** Raised when the shape of an event's data changes in a way that receivers must know. */
export const SCHEMA_VERSION = 1;

/** The data of `user.blocked` and `user.unblocked`. Times are RFC 3339 with milliseconds, UTC. */
export interface SuspensionEventData {
  userId: number;
  uid: string;
  /** Grows with each event of this user: a receiver keeps the highest and drops what is older (I5). */
  sequence: number;
  /** Credentials of an older epoch are dead. */
  epoch: number;
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

/** What a receiver gets (Standard Webhooks, "Payload structure"). */
export interface EventEnvelope {
  type: EventType;
  /** When it happened, not when it was sent. */
  timestamp: string;
  data: SuspensionEventData;
}
