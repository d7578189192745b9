import { jwtVerify, type JWTPayload } from 'jose';
import { LRUCache } from 'lru-cache';
import { DomainError } from '../errors';
import type { Caller } from './caller';
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

/** Tokens that were verified a moment ago; a client sends the same one with every call. */
const REMEMBERED = 1_000;

/** Who a token was issued to. */
export type TokenHolder = Omit<Caller, 'requestId' | 'address'>;

export interface TokenVerifierOptions {
  issuer: string;
  audience: string;
  /** Accepted `typ` header values. */
  types: readonly string[];
  clockSkewSeconds: number;
  keys: Pick<IssuerKeys, 'usable' | 'generation' | 'find'>;
  /** Milliseconds; tests set it. */
  now?: () => number;
}

interface Verified {
  holder: TokenHolder;
  expiresAtMs: number;
  generation: number;
}

export type VerifyToken = (token: string) => Promise<TokenHolder>;

/**
 * Verifies access tokens (RFC 9068, section 4): signature, `typ`, issuer, audience, times.
 * @throws `auth.invalid_token` and no word about why, `auth.issuer_unavailable`
 */
export function createTokenVerifier(options: TokenVerifierOptions): VerifyToken {
  const { issuer, audience, clockSkewSeconds, keys } = options;
  const now = options.now ?? Date.now;
  const types = new Set(options.types.map((type) => type.toLowerCase()));
  const remembered = new LRUCache<string, Verified>({ max: REMEMBERED });

  return async (token) => {
    const known = remembered.get(token);
    if (known && keys.usable && known.generation === keys.generation && now() < known.expiresAtMs)
      return known.holder;
    remembered.delete(token);
    const generation = keys.generation;
    try {
      const { payload, protectedHeader } = await jwtVerify(token, keys.find, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: clockSkewSeconds,
        requiredClaims: ['sub', 'client_id', 'exp', 'iat'],
        currentDate: new Date(now()),
      });
      // RFC 9068, section 4: other JWTs of the same issuer, ID tokens above all, must not pass.
      if (!types.has((protectedHeader.typ ?? '').toLowerCase())) throw new Error('typ');
      const holder = toHolder(payload);
      const expiresAtMs = ((payload.exp ?? 0) + clockSkewSeconds) * 1000;
      remembered.set(token, { holder, expiresAtMs, generation });
      return holder;
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
