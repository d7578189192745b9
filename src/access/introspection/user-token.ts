import type { JWTPayload } from 'jose';

/** An access token of a user whose signature, issuer, type and times were verified. */
export interface UserToken {
  /** The user's uid. */
  sub: string;
  /** The session that it belongs to, where it names one. */
  sid: string | null;
  /** The epoch that it was issued under, where it names one. */
  epoch: number | null;
  /** Seconds since 1970. */
  iat: number;
  exp: number;
  nbf: number | null;
  iss: string;
  aud: readonly string[];
  jti: string | null;
  clientId: string | null;
  scope: string | null;
  confirmation: Confirmation | null;
}

/** The key that its sender must prove to hold: RFC 9449, section 6.1, and RFC 8705, section 3.1. */
export interface Confirmation {
  jkt?: string;
  'x5t#S256'?: string;
}

/**
 * Reads the claims of a user's token. One whose claims are of a wrong shape is nobody's: what cannot be understood
 * must not be passed over, or a session id that is no text would make its token outlive the session.
 * @param epochClaim what the provider calls the epoch
 * @throws where it is no token of a user
 */
export function readUserToken(claims: JWTPayload, epochClaim: string): UserToken {
  const { sub, iat = Number.NaN, exp = Number.NaN, nbf = null, iss = '', aud = [], jti, cnf } = claims;
  const { sid, client_id: clientId, scope, [epochClaim]: epoch } = claims;
  if (!isText(sub)) throw new Error('sub');
  // RFC 9068, section 2.2: a client that acts for itself. Whether it may is not ours to say.
  if (sub === clientId) throw new Error('a client');
  if (sid !== undefined && !isText(sid)) throw new Error('sid');
  if (epoch !== undefined && !isEpoch(epoch)) throw new Error(epochClaim);
  return {
    sub,
    sid: sid ?? null,
    epoch: epoch ?? null,
    iat,
    exp,
    nbf,
    iss,
    aud: typeof aud === 'string' ? [aud] : aud.filter((one) => typeof one === 'string'),
    jti: textOrNull(jti),
    clientId: textOrNull(clientId),
    scope: textOrNull(scope),
    confirmation: cnf === undefined ? null : readConfirmation(cnf),
  };
}

/** No database takes a NUL, and half of a surrogate pair would become another character on its way there. */
const isText = (claim: unknown): claim is string =>
  typeof claim === 'string' && /^\P{Cs}{1,255}$/su.test(claim) && !claim.includes('\0');

const isEpoch = (claim: unknown): claim is number => Number.isSafeInteger(claim) && Number(claim) >= 0;

/** What would be left out of the answer would make a token that is bound to a key look like one that is not. */
function readConfirmation(claim: unknown): Confirmation {
  const { jkt, 'x5t#S256': x5t, ...more } = (claim ?? {}) as Record<string, unknown>;
  const given = [jkt, x5t].filter((one) => one !== undefined);
  const known = given.length > 0 && given.every(isText) && Object.keys(more).length === 0;
  if (!known) throw new Error('cnf');
  return claim as Confirmation;
}

const textOrNull = (claim: unknown): string | null => (typeof claim === 'string' ? claim : null);
