import type { AccessState } from './access-state';
import type { UserToken } from './user-token';

/**
 * Whether a verified token still gives access (I1, I2). A guard at a resource server judges by the same rules from
 * the revocation feed, which knows ends of access only; here stands what is there as well.
 * @param skewMs by how much the provider's clock may differ from the database's
 */
export function isLive(token: UserToken, state: AccessState, skewMs: number): boolean {
  if (state.uid !== token.sub || state.status !== 'active') return false;
  const issuedAt = token.iat * 1000;
  if (issuedAt > state.now.getTime() + skewMs) return false;
  if (token.sid !== null) return sessionLives(token, state, issuedAt + skewMs);
  if (token.epoch !== null) return token.epoch === state.epoch;
  return state.revokedAt === null || issuedAt > state.revokedAt.getTime() + skewMs;
}

/** `iat` counts whole seconds: a token of the session's very first second is not older than the session. */
const SECOND_MS = 1000;

const sessionLives = (token: UserToken, { session }: AccessState, issuedAtLatest: number): boolean =>
  session !== null &&
  session.alive &&
  issuedAtLatest + SECOND_MS > session.createdAt.getTime() &&
  (token.epoch === null || token.epoch === session.epoch);
