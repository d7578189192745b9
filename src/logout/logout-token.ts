import type { JWTPayload } from 'jose';

/** RFC 8417, section 1.2: what makes a JWT a logout token (Back-Channel Logout 1.0, section 2.4). */
const BACKCHANNEL_LOGOUT = 'http://schemas.openid.net/event/backchannel-logout';

/** Section 2.4: typed explicitly, so that it is taken for no other token (RFC 8725, section 3.11). */
export const LOGOUT_TOKEN_TYPE = 'logout+jwt';

/** Section 4: at most two minutes, so that a captured one is of little use. */
const LIFETIME_SECONDS = 120;

export interface Logout {
  issuer: string;
  clientId: string;
  /** The user's uid. */
  sub: string;
  /** Null where all of her sessions with the client have ended. */
  sid: string | null;
  /** Names what happened: the same whenever it is told, and to whomever. */
  txn: string;
  /** Of this token alone. */
  jti: string;
  now: Date;
}

/**
 * The claims of a logout token. There is no `nonce`, which would make it an ID token (section 2.4).
 *
 * Each attempt makes a token of its own: a client may refuse a `jti` that it has seen (section 2.6, step 8), and would
 * then never take the second attempt at what it failed to do at the first. What stays over all attempts is `txn`
 * (RFC 8417, section 2.2).
 */
export function logoutClaims({ issuer, clientId, sub, sid, txn, jti, now }: Logout): JWTPayload {
  const iat = Math.floor(now.getTime() / 1000);
  return {
    iss: issuer,
    aud: clientId,
    sub,
    ...(sid === null ? {} : { sid }),
    iat,
    exp: iat + LIFETIME_SECONDS,
    jti,
    txn,
    events: { [BACKCHANNEL_LOGOUT]: {} },
  };
}
