import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { ACTOR } from './contender';

export interface BenchIssuer {
  url: string;
  audience: string;
  /** An access token of a system client, good for the whole run. */
  token: string;
  /** An access token with these claims. @param lifetime as jose reads it; by default the whole run */
  sign: (claims: JWTPayload, lifetime?: string) => Promise<string>;
  close(): void;
}

const AUDIENCE = 'urn:portcullis:bench';

/** Keys and one real signed token: the API verifies it as it would verify any issuer's. */
export async function startBenchIssuer(): Promise<BenchIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'bench', alg: 'RS256', use: 'sig' };
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sign = (claims: JWTPayload, lifetime = '2h') =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: 'bench' })
      .setIssuer(url)
      .setAudience(AUDIENCE)
      .setIssuedAt()
      .setExpirationTime(lifetime)
      .sign(privateKey);
  const token = await sign({ sub: ACTOR, client_id: ACTOR, scope: 'system_api' });
  return { url, audience: AUDIENCE, token, sign, close: () => server.close() };
}
