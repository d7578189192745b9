import type { JWTPayload } from 'jose';
import { DomainError } from '../errors';
import type { Caller } from './caller';
import { createJwtVerifier, type IssuedTokens } from './jwt-verifier';

/** A client sends the same token with every call. */
const REMEMBERED = 1_000;

/** Who a token was issued to. */
export type TokenHolder = Omit<Caller, 'requestId' | 'address'>;

export interface TokenVerifierOptions extends IssuedTokens {
  audience: string;
}

export type VerifyToken = (token: string) => Promise<TokenHolder>;

/**
 * Verifies the access tokens of our callers.
 * @throws `auth.invalid_token` and no word about why, `auth.issuer_unavailable`
 */
export function createTokenVerifier({ audience, ...issued }: TokenVerifierOptions): VerifyToken {
  const verify = createJwtVerifier({
    ...issued,
    audiences: [audience],
    requiredClaims: ['sub', 'client_id', 'exp', 'iat'],
    remembered: REMEMBERED,
    read: toHolder,
  });
  return async (token) => {
    try {
      return await verify(token);
    } catch (error) {
      if (error instanceof DomainError) throw error;
      throw new DomainError('auth.invalid_token', 'The access token is invalid or expired.', {
        cause: error,
      });
    }
  };
}

/** RFC 7519, section 4.1.2, and OpenID Connect Core, section 2: a `sub` has at most 255 characters. */
const isName = (claim: unknown): claim is string =>
  typeof claim === 'string' && claim.length > 0 && claim.length <= 255;

function toHolder({ sub, client_id: clientId, scope }: JWTPayload): TokenHolder {
  if (!isName(sub) || !isName(clientId)) throw new Error('sub or client_id is no name');
  // RFC 9068, section 2.2.3: one string, values separated by spaces (RFC 8693, section 4.2).
  const scopes = new Set(typeof scope === 'string' ? scope.split(' ').filter(Boolean) : []);
  return { subject: sub, clientId, kind: sub === clientId ? 'client' : 'user', scopes };
}
