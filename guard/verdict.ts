/** The claims of a verified token. */
export interface Claims {
  sub: string;
  iat: number;
  exp: number;
  sid?: string;
  [claim: string]: unknown;
}

/**
 * Why a token is not let through.
 * - `malformed`: not a signed JWT, or its claims are not what they must be
 * - `untrusted`: its signature, key, algorithm, type, issuer or audience is not the one asked for
 * - `not_yet_valid`, `expired`: by its times
 * - `too_long_lived`: it lives longer than MAX_TOKEN_LIFETIME, so that nobody would remember what ended it
 * - `revoked`: access ended after it was issued
 * - `inactive`: introspection said so
 * - `stale`: the guard cannot know whether it is alive
 * - `keys_unavailable`: the issuer's keys cannot be had
 */
export type Reason =
  | 'malformed'
  | 'untrusted'
  | 'not_yet_valid'
  | 'expired'
  | 'too_long_lived'
  | 'revoked'
  | 'inactive'
  | 'stale'
  | 'keys_unavailable';

export interface Refusal {
  active: false;
  reason: Reason;
}

export type Verdict = { active: true; claims: Claims } | Refusal;

export const refuse = (reason: Reason): Refusal => ({ active: false, reason });
