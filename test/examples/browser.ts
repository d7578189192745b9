import { createHash, randomBytes } from 'node:crypto';

export interface TokenAnswer {
  status: number;
  error?: string;
  access_token?: string;
  refresh_token?: string;
}

export interface Relying {
  id: string;
  secret: string;
  redirectUri: string;
}

/** What a browser has been shown at the end of its redirects: a form, or what the client was sent. */
export type Arrival = { form: string } | { code: string } | { error: string };

/** A browser with a jar of cookies, and the client whose button its user presses. */
export class Browser {
  private readonly cookies = new Map<string, string>();
  private readonly verifier = randomBytes(32).toString('base64url');

  constructor(
    private readonly issuer: string,
    private readonly client: Relying,
  ) {}

  /** The authorization request (RFC 6749, section 4.1.1; RFC 7636). */
  authorize(): Promise<Arrival> {
    const url = new URL(`${this.issuer}/auth`);
    url.search = new URLSearchParams({
      client_id: this.client.id,
      redirect_uri: this.client.redirectUri,
      response_type: 'code',
      scope: 'openid',
      code_challenge: createHash('sha256').update(this.verifier).digest('base64url'),
      code_challenge_method: 'S256',
    }).toString();
    return this.follow(url.href, { method: 'GET' });
  }

  submit(form: string, fields: Record<string, string>): Promise<Arrival> {
    return this.follow(form, { method: 'POST', body: new URLSearchParams(fields) });
  }

  redeem(code: string): Promise<TokenAnswer> {
    const { redirectUri } = this.client;
    return this.token({
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      code_verifier: this.verifier,
    });
  }

  refresh(refreshToken: string): Promise<TokenAnswer> {
    return this.token({ grant_type: 'refresh_token', refresh_token: refreshToken });
  }

  private async token(body: Record<string, string>): Promise<TokenAnswer> {
    const credentials = Buffer.from(`${this.client.id}:${this.client.secret}`).toString('base64');
    const response = await fetch(`${this.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${credentials}` },
      body: new URLSearchParams(body),
    });
    return { ...((await response.json()) as Omit<TokenAnswer, 'status'>), status: response.status };
  }

  private async follow(url: string, init: RequestInit): Promise<Arrival> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { ...init, redirect: 'manual', headers: { cookie } });
    for (const header of response.headers.getSetCookie()) {
      const [pair = ''] = header.split(';');
      this.cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    const location = response.headers.get('location');
    if (location === null) {
      if (response.status !== 200) throw new Error(`${url}: ${response.status} ${await response.text()}`);
      return { form: url };
    }
    const next = new URL(location, url);
    if (!next.href.startsWith(this.client.redirectUri)) return this.follow(next.href, { method: 'GET' });
    const code = next.searchParams.get('code');
    return code === null ? { error: next.searchParams.get('error') ?? '' } : { code };
  }
}
