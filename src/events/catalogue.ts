/** What webhook endpoints subscribe to, and users are mailed about. */
export const WEBHOOK_EVENT_TYPES = [
  'user.blocked',
  'user.unblocked',
  'user.deactivated',
  'user.reactivated',
  'user.deleted',
  'block_list.added',
  'block_list.removed',
  'endpoint.disabled',
] as const;

export type WebhookEventType = (typeof WEBHOOK_EVENT_TYPES)[number];

/** Every end of access, for those who are always told of it: all of a user's sessions, or one. */
const ACCESS_EVENT_TYPES = ['sessions.revoked', 'session.revoked'] as const;

/** What a security event stream says of itself (SSF 1.0, sections 8.1.4.1 and 8.1.5). */
const STREAM_EVENT_TYPES = ['stream.verification', 'stream.updated'] as const;

/** Every type of event that is stored. */
export const EVENT_TYPES = [...WEBHOOK_EVENT_TYPES, ...ACCESS_EVENT_TYPES, ...STREAM_EVENT_TYPES] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** What the test of an endpoint sends. It is no event: nobody subscribes to it, and it is stored nowhere. */
export type PingType = 'endpoint.ping';

/**
 * The numbers by which receivers of Guardhouse's format know our types. Its own events have low ones; none of them is
 * about what we tell. They are never given anew: README.md lists them, and receivers have them in their code.
 */
export const EVENT_NUMBERS: Readonly<Record<WebhookEventType | PingType, number>> = {
  'user.blocked': 1001,
  'user.unblocked': 1002,
  'user.deactivated': 1003,
  'user.reactivated': 1004,
  'user.deleted': 1005,
  'block_list.added': 1006,
  'block_list.removed': 1007,
  'endpoint.ping': 1100,
  'endpoint.disabled': 1101,
};

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
  /** Internal: not for the user. */
  reason: string | null;
  /** What she may be told. */
  reasonForUser: string | null;
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

/** The data of `block_list.added` and `block_list.removed`, events of the user whose list it is. */
export interface BlockListEventData extends UserEventData {
  /** Who was blocked, or is no more. */
  blockedUserId: number;
  blockedUid: string;
  /** Who changed the list. */
  actor: string;
}

/** The data of `endpoint.disabled`, which is about no user. */
export interface EndpointEventData {
  endpointId: string;
  description: string | null;
  /** Why nothing is sent there any more: it has failed for days, or has said that it is gone for good. */
  cause: 'failing' | 'gone';
  /** Since when not one delivery succeeded; null where it has said that it is gone. */
  failingSince: string | null;
}

/** What ended somebody's access. */
export type RevocationCause =
  | 'block'
  | 'unblock'
  | 'deactivate'
  | 'reactivate'
  | 'anonymise'
  | 'erase'
  | 'sessions_revoked'
  | 'session_revoked'
  | 'fence';

/** The data of `sessions.revoked` and `session.revoked`. */
export interface AccessEventData extends UserEventData {
  cause: RevocationCause;
  /** Who ended it. */
  actor: string;
  /** The session that ended and its client; null where all of the user's ended. */
  session: { sid: string; clientId: string } | null;
  /** Of the block that ended it. */
  suspensionId: string | null;
  reason: string | null;
  reasonForUser: string | null;
  /** The event of the same change, `user.blocked` for example; null where this is all that happened. */
  causedBy: string | null;
}

/** The data of `stream.verification` and `stream.updated`, which are about no user. */
export interface StreamEventData {
  streamId: string;
  /** Of a verification: what the receiver wants to see again. */
  state?: string;
  /** Of an update. */
  status?: 'enabled' | 'paused' | 'disabled';
  reason?: string;
}

/** The data of the events about users. Of `user.deleted` it tells no more than of every one: nothing else is left. */
export type AnyUserEventData =
  UserEventData | AccountEventData | SuspensionEventData | AccessEventData | BlockListEventData;

/** What a receiver gets (Standard Webhooks, "Payload structure"). */
export interface EventEnvelope<Data = AnyUserEventData> {
  type: EventType;
  /** When it happened, not when it was sent. */
  timestamp: string;
  data: Data;
}
