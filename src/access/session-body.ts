import { type Caller, hasScope } from '../http/caller';
import type { components } from '../http/contract.generated';
import { parseOptionalAddress } from '../http/ip-address';
import { parseTime } from '../http/timestamps';
import type { SessionRequest } from './open-session';
import type { SessionView } from './session-queries';

type Schemas = components['schemas'];

/** A session as this caller may see it: where and with what a user is signed in takes `sessions:read` (I7). */
export const showSessionTo =
  (caller: Pick<Caller, 'kind' | 'scopes'>) =>
  ({ sid, device, address, ...session }: SessionView): Schemas['Session'] => ({
    sessionId: sid,
    ...session,
    createdAt: session.createdAt.toISOString(),
    expiresAt: session.expiresAt.toISOString(),
    idleExpiresAt: session.idleExpiresAt?.toISOString() ?? null,
    lastSeenAt: session.lastSeenAt?.toISOString() ?? null,
    ...(hasScope(caller, 'sessions:read') ? { device, address } : {}),
  });

/**
 * What a session begins with.
 * @param pointer where it stands in the request, for the refusal
 * @throws `request.invalid` for a time or an address that does not exist
 */
export const readSessionRequest = (
  { clientId, expiresAt, sessionId, idleTimeout, device, address }: Schemas['CreateSession'],
  pointer = '/body',
): SessionRequest => ({
  clientId,
  expiresAt: parseTime(expiresAt, `${pointer}/expiresAt`),
  sid: sessionId,
  idleTimeout,
  device,
  address: parseOptionalAddress(address, `${pointer}/address`),
});
