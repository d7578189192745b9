import type { JWTPayload } from 'jose';
import type { AccessEventData, StreamEventData, UserEventData } from '../events/catalogue';
import type { ClaimedDelivery } from '../events/channel';
import { eventUri } from './security-event-types';

/** RFC 8417, section 2.3: no other token is taken for one of these. */
export const TOKEN_TYPE = 'secevent+jwt';

/** Who tells, and of whose users. */
export interface Transmitter {
  /** `PUBLIC_URL`, as the metadata says it. */
  issuer: string;
  /** The identity provider that the users' ids are of. */
  subjectIssuer: string;
  /** Whether receivers are told why an administrator acted (I7). */
  tellsReasonAdmin: boolean;
}

/** Who is told. */
export interface Audience {
  streamId: string;
  clientId: string;
}

/** What is told: a delivery, which is the token's identity, and its event. */
export type ToldEvent = Pick<ClaimedDelivery, 'id'> & {
  event: Pick<ClaimedDelivery['event'], 'id' | 'type' | 'payload' | 'occurredAt'>;
};

type EventData = Partial<AccessEventData & StreamEventData> & Partial<UserEventData>;

/** RFC 9493: who or what an event is about. */
type Subject = Readonly<Record<string, unknown>>;

/** The language of reasons is not known (RFC 5646, section 4.1, 5): people write them as they speak. */
const LANGUAGE = 'und';

/**
 * The claims of a security event token (RFC 8417; SSF 1.0, section 4): the same for each attempt, so that a receiver
 * knows a repetition by its `jti`. There is no `sub` and no `exp`, and exactly one event.
 * @returns null where nothing can be told: the user was erased, and the event with her
 */
export function securityEventClaims(
  { issuer, ...transmitter }: Transmitter,
  { streamId, clientId }: Audience,
  { id, event }: ToldEvent,
): JWTPayload | null {
  const uri = eventUri(event.type);
  const { data } = JSON.parse(event.payload) as { data?: EventData };
  if (uri === undefined || data === undefined) return null;
  const isAboutStream = data.streamId !== undefined;
  return {
    iss: issuer,
    aud: clientId,
    jti: id,
    iat: seconds(event.occurredAt),
    txn: data.causedBy ?? event.id,
    sub_id: isAboutStream ? opaque(streamId) : subjectOf(transmitter.subjectIssuer, data),
    events: { [uri]: memberOf(event, data, transmitter.tellsReasonAdmin) },
  };
}

/** Events of one change have it in common, and no others. */
export function transactionOf({ id, payload }: Pick<ToldEvent['event'], 'id' | 'payload'>): string {
  return (JSON.parse(payload) as { data?: EventData }).data?.causedBy ?? id;
}

const seconds = (time: Date): number => Math.floor(time.getTime() / 1000);

const opaque = (id: string): Subject => ({ format: 'opaque', id });

/** A session is one of a user's: SSF 1.0, section 3.3. */
function subjectOf(issuer: string, { uid, session }: EventData): Subject {
  const user = { format: 'iss_sub', iss: issuer, sub: uid };
  return session ? { format: 'complex', user, session: opaque(session.sid) } : user;
}

function memberOf(event: ToldEvent['event'], data: EventData, tellsReasonAdmin: boolean) {
  const { streamId, state, status, reason } = data;
  if (event.type === 'sessions.revoked' || event.type === 'session.revoked') {
    return revocationOf(seconds(event.occurredAt), data, tellsReasonAdmin);
  }
  // Members that are undefined are not written.
  return streamId === undefined ? {} : { state, status, reason };
}

/** A reason that is sent says something (CAEP Interoperability Profile 1.0). */
const saysSomething = (reason: string | null | undefined): reason is string => !!reason?.trim();

/** OpenID CAEP 1.0, section 2. */
const revocationOf = (
  timestamp: number,
  { actor = '', reason, reasonForUser }: EventData,
  tellsReasonAdmin: boolean,
) => ({
  event_timestamp: timestamp,
  initiating_entity: actor.startsWith('system:') ? 'system' : 'admin',
  ...(tellsReasonAdmin && saysSomething(reason) ? { reason_admin: { [LANGUAGE]: reason } } : {}),
  ...(saysSomething(reasonForUser) ? { reason_user: { [LANGUAGE]: reasonForUser } } : {}),
});
