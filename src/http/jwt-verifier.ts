import { type JWTPayload, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import type { IssuerKeys } from './issuer-keys';

/** RFC 8725, section 3.1: asymmetric algorithms only; neither `none` nor a secret that we would share. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

export interface IssuedTokens {
  issuer: string;
  /** Accepted `typ` header values. */
  types: readonly string[];
  clockSkewSeconds: number;
  keys: Pick<IssuerKeys, 'usable' | 'generation' | 'find'>;
  /** Milliseconds; tests set it. */
  now?: () => number;
}

export interface JwtVerifierOptions<Claims> extends IssuedTokens {
  /** One of them is enough. */
  audiences: readonly string[];
  requiredClaims: readonly string[];
  /** Tokens that were verified a moment ago and are not verified again; most of them come more than once. */
  remembered: number;
  /** What is made of the claims. @throws where they are not what they should be */
  read: (claims: JWTPayload) => Claims;
}

interface Verified<Claims> {
  claims: Claims;
  expiresAtMs: number;
  generation: number;
}

/** @throws why the token is not valid, for the log alone; `auth.issuer_unavailable` */
export type VerifyJwt<Claims> = (token: string) => Promise<Claims>;

/**
 * Verifies access tokens of the issuer (RFC 9068, section 4): signature, `typ`, issuer, audience, times. What is
 * remembered is what no block changes.
 */
export function createJwtVerifier<Claims extends object>(
  options: JwtVerifierOptions<Claims>,
): VerifyJwt<Claims> {
  const { issuer, audiences, requiredClaims, clockSkewSeconds, keys, read } = options;
  const now = options.now ?? Date.now;
  const types = new Set(options.types.map((type) => type.toLowerCase()));
  const remembered = new LRUCache<string, Verified<Claims>>({ max: options.remembered });

  return async (token) => {
    const known = remembered.get(token);
    if (known && keys.usable && known.generation === keys.generation && now() < known.expiresAtMs)
      return known.claims;
    remembered.delete(token);
    const generation = keys.generation;
    const { payload, protectedHeader } = await jwtVerify(token, keys.find, {
      issuer,
      audience: [...audiences],
      algorithms: ALGORITHMS,
      clockTolerance: clockSkewSeconds,
      requiredClaims: [...requiredClaims],
      currentDate: new Date(now()),
    });
    // RFC 9068, section 4: other JWTs of the same issuer, ID tokens above all, must not pass.
    if (!types.has((protectedHeader.typ ?? '').toLowerCase())) throw new Error('typ');
    const claims = read(payload);
    const expiresAtMs = ((payload.exp ?? 0) + clockSkewSeconds) * 1000;
    remembered.set(token, { claims, expiresAtMs, generation });
    return claims;
  };
}
