import { decodeJwt } from 'jose';
import type { Clock } from './clock';
import { asError, type Report } from './events';
import { type Fetch, requestJson, StatusError } from './request';

/** The client that the resource server is at the identity provider (RFC 6749, section 4.4). */
export interface ClientCredentials {
  tokenUrl: string | URL;
  clientId: string;
  clientSecret: string;
  /** Sent along where the provider wants to know whom the token is for. */
  audience?: string;
  /** The same by RFC 8707. */
  resource?: string;
  /** Default: what the guard needs. */
  scope?: string;
}

export interface Credentials {
  /** @throws where none can be had */
  current(): Promise<string>;
  /** The token was answered with 401: it is not used again. */
  drop(token: string): void;
}

interface Token {
  value: string;
  /** Null where nobody knows. */
  lifetimeMs: number | null;
}

type Obtain = () => Promise<Token>;

const TIMEOUT_MS = 10_000;
/** Begin to renew so long before the end, or at three quarters of a short life. */
const RENEW_BEFORE_MS = 60_000;
/** Between two renewals that fail while the old token still serves. */
const RETRY_MS = 2_000;

/** One token, renewed behind the back of those who use it. */
export function createCredentials(obtain: Obtain, clock: Clock, report: Report): Credentials {
  let held: { value: string; renewAt: number; endsAt: number } | null = null;
  let pending: Promise<string> | null = null;

  const renew = (): Promise<string> => {
    pending ??= inTime(obtain())
      .then(({ value, lifetimeMs }) => {
        const now = clock.monotonic();
        const endsAt = lifetimeMs === null ? Number.POSITIVE_INFINITY : now + lifetimeMs;
        held = { value, endsAt, renewAt: endsAt - Math.min(RENEW_BEFORE_MS, (lifetimeMs ?? 0) / 4) };
        return value;
      })
      .catch((error: unknown) => {
        report({ type: 'token_failed', error: asError(error) });
        throw error;
      })
      .finally(() => {
        pending = null;
      });
    return pending;
  };

  return {
    async current() {
      const now = clock.monotonic();
      if (held === null || now >= held.endsAt) return renew();
      if (now >= held.renewAt) {
        held.renewAt = now + RETRY_MS;
        renew().catch(() => undefined);
      }
      return held.value;
    },
    drop(token) {
      if (held?.value === token) held = null;
    },
  };
}

/** A token of the resource server's own making; how long it lives is read from it where it is a JWT. */
export function obtainFromFunction(token: () => Promise<string>, clock: Clock): Obtain {
  return async () => {
    const value = await token();
    if (typeof value !== 'string' || value === '') throw new Error('`token` gave no token');
    return { value, lifetimeMs: lifetimeOf(value, clock) };
  };
}

function lifetimeOf(token: string, clock: Clock): number | null {
  try {
    const { exp } = decodeJwt(token);
    return typeof exp === 'number' ? Math.max(0, exp * 1000 - clock.wall()) : null;
  } catch {
    // Not a JWT: it serves until it is refused.
    return null;
  }
}

/** RFC 6749, sections 2.3.1 and 4.4. */
export function obtainFromProvider(
  credentials: ClientCredentials,
  scope: string,
  { fetch, closed }: { fetch: Fetch; closed: AbortSignal },
): Obtain {
  const { tokenUrl, clientId, clientSecret, audience, resource } = credentials;
  const pair = [clientId, clientSecret].map(formEncoded).join(':');
  const body = new URLSearchParams({ grant_type: 'client_credentials', scope: credentials.scope ?? scope });
  if (audience !== undefined) body.set('audience', audience);
  if (resource !== undefined) body.set('resource', resource);
  return async () => {
    const answer = await requestJson(fetch, new URL(tokenUrl), {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
      body,
      timeoutMs: TIMEOUT_MS,
      closed,
    });
    if (answer.status !== 200) throw new StatusError(answer);
    const { access_token: value, expires_in: seconds } = (answer.body ?? {}) as Record<string, unknown>;
    if (typeof value !== 'string' || value === '') throw new Error('the token endpoint gave no token');
    return { value, lifetimeMs: typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : null };
  };
}

const formEncoded = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1);

/** A function of somebody else's may never answer; the guard goes on without it. */
function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no token in ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
    timer.unref();
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
