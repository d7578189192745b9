import type { JWTPayload } from 'jose';
import { prefersType } from '../../http/accept';
import { type Caller, hasScope } from '../../http/caller';
import type { components } from '../../http/contract.generated';
import type { Handlers } from '../../http/handlers';
import type { IntrospectToken } from './introspect-token';
import type { UserToken } from './user-token';

export interface IntrospectionAudiences {
  all: readonly string[];
  /** By client id: whose tokens a client without `system_api` may ask about. */
  ofClients: ReadonlyMap<string, readonly string[]>;
}

/** RFC 9701, section 4. */
export const INTROSPECTION_JWT = 'application/token-introspection+jwt';

/** By whom answers are signed, where they are. */
export interface AnswerSigner {
  /** Our own. */
  issuer: string;
  signingKeys: { sign(claims: JWTPayload, header: { typ: string }): Promise<string> };
}

export function createIntrospectionRoutes(
  introspectToken: IntrospectToken,
  audiences: IntrospectionAudiences,
  { issuer, signingKeys }: AnswerSigner,
): Pick<Handlers, 'introspectToken'> {
  const all = new Set(audiences.all);
  const ofClients = new Map([...audiences.ofClients].map(([client, list]) => [client, new Set(list)]));
  const none: ReadonlySet<string> = new Set();
  const audiencesOf = (caller: Caller) =>
    hasScope(caller, 'system_api') ? all : (ofClients.get(caller.clientId) ?? none);

  /** RFC 9701, section 5: for the caller alone, and with neither `sub` nor `exp`, so that it passes for no other token. */
  const sign = (token_introspection: Introspection, { clientId }: Caller) =>
    signingKeys.sign(
      { iss: issuer, aud: clientId, iat: Math.floor(Date.now() / 1000), token_introspection },
      { typ: 'token-introspection+jwt' },
    );

  return {
    async introspectToken({ body, accept, caller }) {
      const answer = show(await introspectToken(body.token, audiencesOf(caller)));
      if (!prefersType(accept, INTROSPECTION_JWT)) return { status: 200, body: answer, headers: HEADERS };
      const text = { type: INTROSPECTION_JWT, body: await sign(answer, caller) } as const;
      return { status: 200, text, headers: HEADERS };
    },
  };
}

/** A block may change the answer at any moment. */
const HEADERS = { 'Cache-Control': 'no-store', Vary: 'Accept' };

type Introspection = components['schemas']['Introspection'];

/**
 * RFC 7662, section 2.2: of what is not active nothing but that. No `username`: who may ask about a token need not
 * know whose it is.
 */
function show(token: UserToken | null): Introspection {
  if (!token) return { active: false };
  const { clientId, scope, nbf, jti, sid, epoch, confirmation: cnf, ...claims } = token;
  const optional = { client_id: clientId, scope, nbf, jti, sid, epoch, cnf };
  const present = Object.fromEntries(Object.entries(optional).filter(([, claim]) => claim !== null));
  const { iss, sub, exp, iat, aud } = claims;
  // RFC 9449, section 6.2.
  const token_type = cnf?.jkt === undefined ? 'Bearer' : 'DPoP';
  return { active: true, token_type, iss, sub, exp, iat, aud: [...aud], ...present };
}
