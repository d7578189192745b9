import { errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import type { Clock } from './clock';
import { isEpoch } from './feed-answer';
import { KeysUnavailable } from './issuer-keys';
import type { Limits } from './limits';
import type { Judged } from './revocations';
import { type Claims, type Reason, type Refusal, refuse } from './verdict';

/** RFC 8725, section 3.1: asymmetric algorithms only; neither `none` nor a secret that we would share. */
const ALGORITHMS = new Set([
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
]);
/** As much as Node takes of all headers together. */
const LONGEST_TOKEN = 16_384;
/** OpenID Connect Core, section 2: a `sub` has at most 255 characters. */
const LONGEST_NAME = 255;

export interface TokenVerifierOptions {
  issuer: string;
  audience: string | string[];
  /** Accepted `typ` headers. */
  types: readonly string[];
  epochClaim: string;
  find: JWTVerifyGetKey;
  limits: Pick<Limits, 'clockSkewSeconds' | 'maxTokenLifetimeSeconds'>;
  clock: Clock;
}

/** What was verified, to be judged by what was revoked. */
export interface VerifiedToken extends Judged {
  claims: Claims;
}

export type VerifyToken = (token: unknown) => Promise<VerifiedToken | Refusal>;

/** Verifies all of an access token that takes no knowledge of revocations (RFC 9068, section 4). Never throws. */
export function createTokenVerifier(options: TokenVerifierOptions): VerifyToken {
  const { issuer, audience, epochClaim, find, limits, clock } = options;
  const types = new Set(options.types.map(plainType));

  const findAllowed: JWTVerifyGetKey = (header, input) => {
    if (!ALGORITHMS.has(header.alg)) throw new errors.JOSEAlgNotAllowed('the algorithm is not allowed');
    return find(header, input);
  };

  return async (token) => {
    if (typeof token !== 'string' || token.length > LONGEST_TOKEN) return refuse('malformed');
    try {
      const nowMs = clock.wall();
      const { payload, protectedHeader } = await jwtVerify(token, findAllowed, {
        issuer,
        audience,
        clockTolerance: limits.clockSkewSeconds,
        requiredClaims: ['sub', 'exp', 'iat'],
        currentDate: new Date(nowMs),
      });
      // RFC 9068, section 4: other JWTs of the same issuer, ID tokens above all, must not pass.
      if (!types.has(plainType(protectedHeader.typ ?? ''))) return refuse('untrusted');
      const epoch = payload[epochClaim];
      if (!isClaims(payload) || !(epoch === undefined || isEpoch(epoch))) return refuse('malformed');
      // From the future it would outlive what is remembered of its user.
      if (payload.iat * 1000 > nowMs + limits.clockSkewSeconds * 1000) return refuse('not_yet_valid');
      if (payload.exp - payload.iat > limits.maxTokenLifetimeSeconds) return refuse('too_long_lived');
      return { claims: payload, epoch };
    } catch (error) {
      return refuse(reasonOf(error));
    }
  };
}

/** RFC 7515, section 4.1.9: without a slash `application/` is meant; media types are compared without case. */
const plainType = (type: string): string => type.toLowerCase().replace(/^application\//, '');

const isName = (claim: unknown): claim is string =>
  typeof claim === 'string' && claim !== '' && claim.length <= LONGEST_NAME;

const isClaims = (payload: JWTPayload): payload is JWTPayload & Claims =>
  isName(payload.sub) &&
  (payload.sid === undefined || isName(payload.sid)) &&
  Number.isFinite(payload.iat) &&
  Number.isFinite(payload.exp);

function reasonOf(error: unknown): Reason {
  if (error instanceof KeysUnavailable) return 'keys_unavailable';
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed && error.reason === 'check_failed') {
    return error.claim === 'nbf' ? 'not_yet_valid' : 'untrusted';
  }
  const isForeign =
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported;
  return isForeign ? 'untrusted' : 'malformed';
}
