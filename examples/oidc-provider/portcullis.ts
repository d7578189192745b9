/** Where Portcullis is, and the client that this identity provider is to it. */
export interface PortcullisOptions {
  /** The API's origin. */
  url: string;
  /** Issues access tokens for Portcullis; `audience` is its AUDIENCE. */
  tokenUrl: string;
  audience: string;
  /** Has the scopes `sessions:write` and `users:write`. */
  clientId: string;
  clientSecret: string;
}

export interface NewSession {
  user: { uid: string; email?: string; firstName?: string; lastName?: string; locale?: string };
  /** The client of the identity provider that the user signs in to. */
  clientId: string;
  /** An id of our own making: printable ASCII, never used before. */
  sessionId: string;
  expiresAt: Date;
}

export interface PortcullisSession {
  sessionId: string;
  epoch: number;
}

/** Portcullis says no; `code` is stable: `user.suspended`, `session.revoked` and the like. */
export class Refused extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

const TIMEOUT_MS = 5_000;
const RENEW_BEFORE_MS = 30_000;

/** The two calls that an identity provider needs. Every other answer than theirs is an error: nothing is let through. */
export class Portcullis {
  private token = { value: '', until: 0 };

  constructor(private readonly options: PortcullisOptions) {}

  /** At sign-in: finds or creates the user and opens a session. @throws Refused */
  async signIn(session: NewSession): Promise<PortcullisSession> {
    const response = await this.post('/api/v1/sign-ins', session);
    if (response.status === 201) {
      return ((await response.json()) as { session: PortcullisSession }).session;
    }
    throw await refusal(response);
  }

  /** At refresh: the session, or null where it is dead. */
  async touch(sessionId: string): Promise<PortcullisSession | null> {
    const response = await this.post(`/api/v1/sessions/${encodeURIComponent(sessionId)}/touch`);
    if (response.status === 200) return (await response.json()) as PortcullisSession;
    const refused = await refusal(response);
    if (/^(user|session)\./.test(refused.code)) return null;
    throw refused;
  }

  private async post(path: string, body?: unknown): Promise<Response> {
    return fetch(`${this.options.url}${path}`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${await this.accessToken()}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  }

  /** By client credentials (RFC 6749, section 4.4), and kept until shortly before its end. */
  private async accessToken(): Promise<string> {
    if (this.token.until > Date.now()) return this.token.value;
    const { tokenUrl, clientId, clientSecret, audience } = this.options;
    const response = await fetch(tokenUrl, {
      method: 'POST',
      headers: { Authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', audience }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`no token for Portcullis: ${response.status}`);
    const answer = (await response.json()) as { access_token: string; expires_in: number };
    this.token = {
      value: answer.access_token,
      until: Date.now() + answer.expires_in * 1000 - RENEW_BEFORE_MS,
    };
    return this.token.value;
  }
}

/** A problem document (RFC 9457) with a `code`. */
async function refusal(response: Response): Promise<Refused> {
  const { code } = (await response.json()) as { code?: string };
  if (code === undefined) throw new Error(`Portcullis answered ${response.status}`);
  return new Refused(code);
}
