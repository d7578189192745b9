import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose';

export const AUDIENCE = 'https://portcullis.test/api';
export const CLIENT = 'admin';

interface Key {
  privateKey: CryptoKey;
  publicKey: CryptoKey;
  jwk: JWK;
}

interface TokenParts {
  claims?: Record<string, unknown>;
  header?: Record<string, unknown>;
  kid?: string;
  /** Seconds from now. */
  expiresIn?: number;
}

/** A token issuer with real keys, reached over real HTTP on the loopback interface. */
export class TestIssuer {
  private readonly keys = new Map<string, Key>();
  private published: string[] = [];
  private server: Server;
  private port = 0;

  /** How often the key set was asked for. */
  keySetFetches = 0;
  /** Where set, key set requests wait for it. */
  held: Promise<void> | null = null;
  /** What the metadata says in place of the truth. */
  metadataIssuer: string | null = null;

  static async start(): Promise<TestIssuer> {
    const issuer = new TestIssuer();
    await issuer.addKey('first');
    await issuer.open();
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get jwksUrl(): string {
    return `${this.url}/keys`;
  }

  /** Makes and publishes a key. */
  async addKey(kid: string): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' };
    this.keys.set(kid, { privateKey, publicKey, jwk });
    this.published.push(kid);
  }

  /** Publishes the key no longer; it can still sign. */
  withdraw(kid: string): void {
    this.published = this.published.filter((published) => published !== kid);
  }

  async publicPem(kid = 'first'): Promise<string> {
    return exportSPKI(this.key(kid).publicKey);
  }

  /** An access token as RFC 9068 has it, for a client that acts for itself, with what the test wants otherwise. */
  async token({
    claims = {},
    header = {},
    kid = 'first',
    expiresIn = 300,
  }: TokenParts = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const payload = {
      iss: this.url,
      aud: AUDIENCE,
      sub: CLIENT,
      client_id: CLIENT,
      scope: 'system_api',
      iat: now,
      exp: now + expiresIn,
      jti: crypto.randomUUID(),
      ...claims,
    };
    return new SignJWT(payload)
      .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid, ...header })
      .sign(this.key(kid).privateKey);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Answers again, at the address that it had before. */
  async open(): Promise<void> {
    this.server = createServer((request, response) => {
      void this.answer(request.url ?? '').then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
  }

  private async answer(path: string): Promise<{ status: number; body: unknown }> {
    if (path === '/.well-known/openid-configuration') {
      return { status: 200, body: { issuer: this.metadataIssuer ?? this.url, jwks_uri: this.jwksUrl } };
    }
    if (path !== '/keys') return { status: 404, body: {} };
    this.keySetFetches++;
    await this.held;
    return { status: 200, body: { keys: this.published.map((kid) => this.key(kid).jwk) } };
  }

  private key(kid: string): Key {
    const key = this.keys.get(kid);
    if (!key) throw new Error(`the test issuer has no key ${kid}`);
    return key;
  }
}
