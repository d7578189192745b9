import type { FindLiveUser } from '../../http/authentication';
import type { IntrospectToken } from './introspect-token';

/**
 * Whom a bearer token gives access at this moment. One that is bound to a key is none (RFC 9449, section 7.2, and
 * RFC 8705, section 3): whoever sends it has proven nothing.
 * @param audience ours
 */
export function createFindLiveUser(introspectToken: IntrospectToken, audience: string): FindLiveUser {
  const ours = new Set([audience]);
  return async (text) => {
    const token = await introspectToken(text, ours);
    // RFC 9068, section 2.2: there is always a client.
    if (!token || token.clientId === null || token.confirmation !== null) return null;
    const { sub: subject, clientId, scope } = token;
    return { subject, clientId, kind: 'user', scopes: new Set(scope?.split(' ').filter(Boolean)) };
  };
}
