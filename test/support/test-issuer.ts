import { join } from 'node:path';
import { importJWK, SignJWT } from 'jose';
import { clientToken } from '../../local/client-token';
import { loadSecrets, type LocalClients } from '../../local/secrets';
import { AUDIENCE } from '../../local/stack-environment';
import { startTokenIssuer } from '../../local/token-issuer';
import { testEnvironment } from './test-environment';

export interface TestIssuer {
  issuer: string;
  audience: string;
  tokenUrl: string;
  clients: LocalClients;
  /** As ENCRYPTION_KEYS wants them. */
  encryptionKeys: string;
  /** As AUDIT_KEY wants it. */
  auditKey: string;
  /** A token that the OpenID provider issues to one of its clients. */
  tokenFor(client: keyof LocalClients): Promise<string>;
  /** A token under the provider's own key with claims of our choice: scopes that no client has, users, faults. */
  sign(claims: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
  close(): Promise<void>;
}

/** A real OpenID provider. Its keys are the suite's: making an RSA key takes as long as many a test. */
export async function startTestIssuer(): Promise<TestIssuer> {
  const secrets = await loadSecrets(join(testEnvironment().directory, 'secrets.json'));
  const provider = await startTokenIssuer({
    secrets,
    audience: AUDIENCE,
    userTokens: () => (_request, response) => response.writeHead(404).end(),
  });
  const key = await importJWK(secrets.signingKey, 'RS256');
  return {
    issuer: provider.issuer,
    audience: AUDIENCE,
    tokenUrl: provider.tokenUrl,
    clients: secrets.clients,
    encryptionKeys: secrets.encryptionKeys,
    auditKey: secrets.auditKey,
    tokenFor: (client) => clientToken(provider.tokenUrl, secrets.clients[client], AUDIENCE),
    sign(claims, header) {
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT({ iss: provider.issuer, aud: AUDIENCE, iat: now, exp: now + 600, ...claims })
        .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: secrets.signingKey.kid, ...header })
        .sign(key);
    },
    close: () => provider.stop(),
  };
}
