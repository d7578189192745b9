import type { Database } from '../../database/database';
import { toText } from '../../database/decode';
import { createGroupedRead } from '../../database/grouped-read';
import type { Statement } from '../../database/sql';
import { DomainError } from '../../errors';
import { createJwtVerifier, type IssuedTokens } from '../../http/jwt-verifier';
import { type AccessState, selectBySession, selectByUid, toAccessState } from './access-state';
import { isLive } from './is-live';
import { readUserToken, type UserToken } from './user-token';

/** Tokens whose signature is remembered; one takes some 2 KB. */
const REMEMBERED = 10_000;

export interface IntrospectionOptions extends IssuedTokens {
  /** Whose tokens may be asked about. */
  audiences: readonly string[];
  /** What the provider calls the epoch in its tokens. */
  epochClaim: string;
}

/**
 * What an access token of a user says, where it is valid, meant for one of these audiences and still gives access;
 * else null, and no word about why (RFC 7662, section 2.2).
 * @throws `auth.issuer_unavailable`, `service.busy`
 */
export type IntrospectToken = (token: string, audiences: ReadonlySet<string>) => Promise<UserToken | null>;

/**
 * The database is read for every token, and nothing that it answers is remembered: a block that was answered before
 * is seen (I1). What is remembered is that a signature was right.
 */
export function createIntrospectToken(
  database: Database,
  { epochClaim, ...issued }: IntrospectionOptions,
): IntrospectToken {
  const verify = createJwtVerifier({
    ...issued,
    requiredClaims: ['sub', 'exp', 'iat'],
    remembered: REMEMBERED,
    read: (claims) => readUserToken(claims, epochClaim),
  });
  const bySession = createGroupedRead((sids: readonly string[]) =>
    readStates(database, selectBySession(sids), 'sid'),
  );
  const byUid = createGroupedRead((uids: readonly string[]) =>
    readStates(database, selectByUid(uids), 'uid'),
  );
  const stateOf = async ({ sid, sub }: UserToken): Promise<AccessState | undefined> =>
    sid === null ? (await byUid([sub])).get(sub) : (await bySession([sid])).get(sid);
  const skewMs = issued.clockSkewSeconds * 1000;

  return async (text, audiences) => {
    const token = await verify(text).catch((error: unknown) => {
      if (error instanceof DomainError) throw error;
      return null;
    });
    if (!token?.aud.some((audience) => audiences.has(audience))) return null;
    const state = await stateOf(token);
    return state && isLive(token, state, skewMs) ? token : null;
  };
}

/** What is there of a few hundred keys, by the column that holds the key. */
async function readStates(
  database: Database,
  statement: Statement,
  key: 'sid' | 'uid',
): Promise<ReadonlyMap<string, AccessState>> {
  const { rows } = await database.queryPrimary(statement);
  return new Map(rows.map((row) => [toText(row[key]), toAccessState(row)]));
}
