import type { EventType } from '../events/catalogue';

const CAEP = 'https://schemas.openid.net/secevent/caep/event-type/';
const RISC = 'https://schemas.openid.net/secevent/risc/event-type/';
const SSF = 'https://schemas.openid.net/secevent/ssf/event-type/';

/**
 * What our events about users are called in a security event token: OpenID CAEP 1.0, section 3.1, and OpenID RISC 1.0,
 * section 2. Who deactivates an account disables it, as who suspends it does.
 */
const USER_EVENTS: Readonly<Partial<Record<EventType, string>>> = {
  'user.blocked': `${RISC}account-disabled`,
  'user.unblocked': `${RISC}account-enabled`,
  'user.deactivated': `${RISC}account-disabled`,
  'user.reactivated': `${RISC}account-enabled`,
  'user.deleted': `${RISC}account-purged`,
  'sessions.revoked': `${CAEP}session-revoked`,
  'session.revoked': `${CAEP}session-revoked`,
};

/** What a stream says of itself, whatever it was asked for (SSF 1.0, sections 8.1.4.1 and 8.1.5). */
const STREAM_EVENTS: Readonly<Partial<Record<EventType, string>>> = {
  'stream.verification': `${SSF}verification`,
  'stream.updated': `${SSF}stream-updated`,
};

/** `events_supported`: what a receiver may ask for (SSF 1.0, section 8.1.1). */
export const SUPPORTED_EVENTS: readonly string[] = [...new Set(Object.values(USER_EVENTS))];

/** The URI of an event's type; undefined where streams are not told of it. */
export const eventUri = (type: EventType): string | undefined => USER_EVENTS[type] ?? STREAM_EVENTS[type];

/** Events that say that an account is open again. */
export const REOPENING: ReadonlySet<EventType> = new Set(['user.unblocked', 'user.reactivated']);

/**
 * Whether a stream is sent an event about a user: what it has asked for of what there is, and everything where it has
 * asked for nothing in particular.
 * @param requested `events_requested`
 */
export function wantsSecurityEvent(requested: readonly string[] | null, type: EventType): boolean {
  const uri = USER_EVENTS[type];
  return uri !== undefined && (requested === null || requested.includes(uri));
}
