import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { RateLimiterPostgres, RateLimiterRedis } from 'rate-limiter-flexible';

/** Where the processes tell each other how many requests they have let through. */
export interface LimitStore {
  /**
   * Adds to what was let through in one window of time.
   * @param window its number, since 1970
   * @param seconds how long each window is; one where nothing is said
   * @returns how many requests all processes have told of, this one's included
   */
  add(key: string, window: number, requests: number, seconds?: number): Promise<number>;
  close(): Promise<void>;
}

export interface LimitStoreOptions {
  databaseUrl: string;
  /** Redis or Valkey; where absent the counts stand in PostgreSQL. */
  redisUrl?: string;
  prefix: string;
}

/** Nobody waits for the store, so this only bounds what hangs. */
const PATIENCE_MS = 2_000;

/** @param onAway told of each connection that is lost */
export function openLimitStore(
  { databaseUrl, redisUrl, prefix }: LimitStoreOptions,
  onAway: (error: Error) => void,
): LimitStore {
  // The limiter only counts here; what is too much, and in how long a time, is decided by who asks.
  const counter = { points: Number.MAX_SAFE_INTEGER, duration: 1 };
  if (redisUrl !== undefined) {
    const redis = new Redis(redisUrl, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      commandTimeout: PATIENCE_MS,
    }).on('error', onAway);
    const keyPrefix = `${prefix}:rate`;
    return counting(new RateLimiterRedis({ storeClient: redis, ...counter, keyPrefix }), () => {
      redis.disconnect();
      return Promise.resolve();
    });
  }
  const pool = new Pool({
    connectionString: databaseUrl,
    max: 2,
    connectionTimeoutMillis: PATIENCE_MS,
    query_timeout: PATIENCE_MS,
  }).on('error', onAway);
  const table = { tableName: 'rate_limits', tableCreated: true, clearExpiredByTimeout: false };
  return counting(
    new RateLimiterPostgres({ storeClient: pool, ...counter, keyPrefix: 'rate', ...table }),
    () => pool.end(),
  );
}

const counting = (
  limiter: RateLimiterRedis | RateLimiterPostgres,
  close: () => Promise<void>,
): LimitStore => ({
  async add(key, window, requests, seconds = 1) {
    // Two names by turns, so that what is stored grows with the clients and not with time: a count is over before the
    // window after the next, which counts under the same name.
    const name = `${createHash('sha256').update(key).digest('base64url')}:${window % 2}`;
    return (await limiter.penalty(name, requests, { customDuration: seconds })).consumedPoints;
  },
  close,
});
