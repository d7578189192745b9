import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
} from 'jose';
import { asError, type Report } from './events';
import { type Fetch, requestJson, StatusError } from './request';

/** So that a key which the issuer drops does not serve for long. */
const REFRESH_MS = 5 * 60_000;
const RETRY_MS = 1_000;
const TIMEOUT_MS = 5_000;
/** Known keys serve so long while the issuer is away. */
const MAX_STALE_MS = 86_400_000;

export interface IssuerKeys {
  /** For `jose`. @throws KeysUnavailable where the keys cannot be had, else jose's errors */
  find: JWTVerifyGetKey;
  readonly loaded: boolean;
  close(): void;
}

export class KeysUnavailable extends Error {}

export interface IssuerKeysOptions {
  issuer: string;
  /** Found by the issuer's metadata where absent. */
  jwks: URL | JSONWebKeySet | undefined;
  fetch: Fetch;
  closed: AbortSignal;
  report: Report;
  onLoaded: () => void;
}

/** The issuer's public keys, fetched in the background and besides where a token names one that is new. */
export function createIssuerKeys({
  issuer,
  jwks,
  fetch,
  closed,
  report,
  onLoaded,
}: IssuerKeysOptions): IssuerKeys {
  if (jwks !== undefined && !(jwks instanceof URL)) {
    return { find: createLocalJWKSet(jwks), loaded: true, close: () => undefined };
  }
  let remote: ReturnType<typeof createRemoteJWKSet> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let loaded = false;

  const load = async (): Promise<void> => {
    remote ??= createRemoteJWKSet(jwks ?? (await discover(issuer, fetch, closed)), {
      cacheMaxAge: MAX_STALE_MS,
      timeoutDuration: TIMEOUT_MS,
      [customFetch]: fetch,
    });
    await remote.reload();
    loaded = true;
    onLoaded();
  };
  const refresh = async (): Promise<void> => {
    await load().catch((error: unknown) => {
      if (!closed.aborted) report({ type: 'keys_failed', error: asError(error) });
    });
    if (!closed.aborted) timer = setTimeout(() => void refresh(), loaded ? REFRESH_MS : RETRY_MS).unref();
  };
  void refresh();

  return {
    async find(header, token) {
      // Not fetched from here: as many requests as come would hammer an issuer that is away.
      if (!loaded || !remote) throw new KeysUnavailable();
      try {
        return await remote(header, token);
      } catch (error) {
        throw isAboutToken(error) ? error : new KeysUnavailable('the keys cannot be had', { cause: error });
      }
    },
    get loaded() {
      return loaded;
    },
    close: () => clearTimeout(timer),
  };
}

/** OpenID Connect Discovery 1.0, sections 4 and 4.3: the metadata must name the very issuer that was asked. */
async function discover(issuer: string, fetch: Fetch, closed: AbortSignal): Promise<URL> {
  const address = new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const answer = await requestJson(fetch, address, { headers: {}, timeoutMs: TIMEOUT_MS, closed });
  if (answer.status !== 200) throw new StatusError(answer);
  const metadata = (answer.body ?? {}) as { issuer?: unknown; jwks_uri?: unknown };
  if (metadata.issuer !== issuer) throw new Error(`the metadata of ${issuer} is another issuer’s`);
  return new URL(String(metadata.jwks_uri));
}

const isAboutToken = (error: unknown): boolean =>
  error instanceof errors.JWKSNoMatchingKey ||
  error instanceof errors.JWKSMultipleMatchingKeys ||
  error instanceof errors.JOSENotSupported;
