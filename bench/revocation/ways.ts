import { createRemoteJWKSet, jwtVerify } from 'jose';
import { Pool } from 'undici';
import { createGuard } from '../../guard';
import type { ServersSetup, Way } from './messages';

/** One resource server. */
export interface ResourceServer {
  ready(): Promise<void>;
  /** Whether it lets the request with this token through. */
  check(token: string): Promise<boolean>;
}

/** Connections of one process for introspection. */
const CONNECTIONS = 16;
const CACHE_MS = 5_000;

/** What is compared: each makes one resource server. */
export const ways: Record<Way, (setup: ServersSetup) => () => ResourceServer> = {
  guard: (setup) => () => openGuard(setup),
  jwt: (setup) => () => openJwt(setup),
  introspection(setup) {
    const introspect = openIntrospection(setup);
    return () => ({ ready: () => Promise.resolve(), check: introspect });
  },
  'cached introspection'(setup) {
    const introspect = openIntrospection(setup);
    return () => ({ ready: () => Promise.resolve(), check: cached(introspect) });
  },
};

const jwksOf = (issuer: string): URL => new URL(`${issuer}/jwks`);

function openGuard({ api, issuer, audience, clientToken, leaseMs }: ServersSetup): ResourceServer {
  const guard = createGuard({
    api,
    issuer,
    audience,
    jwks: jwksOf(issuer),
    token: () => Promise.resolve(clientToken),
    leaseMs,
  });
  return { ready: () => guard.ready(), check: async (token) => (await guard.check(token)).active };
}

/** What most resource servers do: a token is good until it expires. */
function openJwt({ issuer, audience }: ServersSetup): ResourceServer {
  const keys = createRemoteJWKSet(jwksOf(issuer));
  return {
    ready: () => Promise.resolve(),
    check: (token) =>
      jwtVerify(token, keys, { issuer, audience, typ: 'at+jwt' }).then(
        () => true,
        () => false,
      ),
  };
}

/** RFC 7662, a call for each request. */
function openIntrospection({ api, clientToken }: ServersSetup): (token: string) => Promise<boolean> {
  const pool = new Pool(api, { connections: CONNECTIONS, pipelining: 1 });
  const headers = {
    authorization: `Bearer ${clientToken}`,
    'content-type': 'application/x-www-form-urlencoded',
  };
  return async (token) => {
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path: '/connect/introspect',
      headers,
      body: new URLSearchParams({ token }).toString(),
    });
    if (statusCode !== 200)
      throw new Error(`an introspection was answered ${statusCode}: ${await body.text()}`);
    return ((await body.json()) as { active: boolean }).active;
  };
}

/** As gateways do it, which cannot afford a call for each request. */
function cached(introspect: (token: string) => Promise<boolean>): (token: string) => Promise<boolean> {
  let held = { token: '', active: false, until: 0 };
  return async (token) => {
    const now = performance.now();
    if (held.token !== token || now >= held.until) {
      held = { token, active: await introspect(token), until: now + CACHE_MS };
    }
    return held.active;
  };
}
