import {
  createLocalJWKSet,
  type CryptoKey,
  errors,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from 'jose';
import type { Logger } from 'pino';
import { DomainError } from '../errors';

const REFRESH_MS = 5 * 60_000;
/** A forged `kid` must not make us a battering ram against the issuer. */
const MIN_REFETCH_MS = 5_000;
const FETCH_TIMEOUT_MS = 5_000;

export interface IssuerKeysOptions {
  issuer: string;
  /** Where the keys are; found by discovery where absent. */
  jwksUrl?: string;
  /** How long known keys serve while the issuer is away. */
  maxStaleMs: number;
  log: Logger;
  /** Milliseconds; tests set it. */
  now?: () => number;
}

/** The issuer's public keys: fetched in the background, kept while the issuer is away, dropped when it drops them. */
export class IssuerKeys {
  private keySet: ReturnType<typeof createLocalJWKSet> | null = null;
  private kids: ReadonlySet<string> = new Set();
  private fetchedAt = Number.NEGATIVE_INFINITY;
  private triedAt = Number.NEGATIVE_INFINITY;
  private fetching: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;
  private readonly now: () => number;

  /** Changes whenever the keys do: what was verified under older ones has to be verified again. */
  generation = 0;

  constructor(private readonly options: IssuerKeysOptions) {
    this.now = options.now ?? Date.now;
  }

  /** Fetches at once and then every 5 minutes. Does not fail while the issuer is away. */
  async start(): Promise<void> {
    this.timer = setInterval(() => void this.refresh(), REFRESH_MS).unref();
    await this.refresh();
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer);
  }

  /** Whether there are keys that may still be used; else tokens cannot be checked at all. */
  get usable(): boolean {
    return this.keySet !== null && this.now() - this.fetchedAt <= this.options.maxStaleMs;
  }

  /**
   * The key of a token, for `jose`.
   * @throws `auth.issuer_unavailable`; jose's JWKSNoMatchingKey where the issuer has no such key
   */
  readonly find = async (header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> => {
    if (!this.usable || (header.kid !== undefined && !this.kids.has(header.kid))) await this.refetch();
    if (!this.keySet || !this.usable) {
      throw new DomainError(
        'auth.issuer_unavailable',
        'The keys of the token issuer cannot be had. Try again.',
        {
          retryAfterSeconds: MIN_REFETCH_MS / 1000,
        },
      );
    }
    return this.keySet(header, token);
  };

  private async refetch(): Promise<void> {
    if (this.fetching === null && this.now() - this.triedAt < MIN_REFETCH_MS) return;
    await this.refresh();
  }

  /** Fetches the keys; concurrent callers share one fetch. Keeps the old ones where that fails. */
  async refresh(): Promise<void> {
    this.triedAt = this.now();
    this.fetching ??= this.fetchKeys()
      .then((jwks) => this.use(jwks))
      .catch((error: unknown) =>
        this.options.log.warn({ err: error }, 'the keys of the token issuer cannot be fetched'),
      )
      .finally(() => {
        this.fetching = null;
      });
    await this.fetching;
  }

  private use(jwks: JSONWebKeySet): void {
    this.keySet = createLocalJWKSet(jwks);
    this.kids = new Set(jwks.keys.flatMap(({ kid }) => (kid === undefined ? [] : [kid])));
    this.fetchedAt = this.now();
    this.generation++;
  }

  private async fetchKeys(): Promise<JSONWebKeySet> {
    const jwks = (await fetchJson(this.options.jwksUrl ?? (await this.discover()))) as Partial<JSONWebKeySet>;
    if (!Array.isArray(jwks.keys)) throw new errors.JWKSInvalid('the key set has no keys');
    return { keys: jwks.keys };
  }

  /** OpenID Connect Discovery 1.0, sections 4 and 4.3: the metadata must name the very issuer that was asked. */
  private async discover(): Promise<string> {
    const { issuer } = this.options;
    const metadata = (await fetchJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)) as {
      issuer?: string;
      jwks_uri?: string;
    };
    if (metadata.issuer !== issuer || typeof metadata.jwks_uri !== 'string') {
      throw new Error(
        `the metadata of ${issuer} names the issuer "${metadata.issuer}"; ISSUER must equal it`,
      );
    }
    return metadata.jwks_uri;
  }
}

async function fetchJson(url: string): Promise<unknown> {
  const response = await fetch(url, {
    headers: { accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`${url} answered ${response.status}`);
  }
  return response.json();
}
