import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { RateLimiterPostgres, RateLimiterRedis } from 'rate-limiter-flexible';

/** Where the processes tell each other how many requests they have let through. */
export interface LimitStore {
  /**
   * Adds to what was let through in one second.
   * @param second of the clock
   * @returns how many requests all processes have told of, this one's included
   */
  add(key: string, second: number, requests: number): Promise<number>;
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

/** In seconds. A count is over before the second after the next, which counts under the same name. */
const duration = 1;

/** @param onAway told of each connection that is lost */
export function openLimitStore(
  { databaseUrl, redisUrl, prefix }: LimitStoreOptions,
  onAway: (error: Error) => void,
): LimitStore {
  // The limiter only counts here; what is too much is decided by who asks.
  const points = Number.MAX_SAFE_INTEGER;
  if (redisUrl !== undefined) {
    const redis = new Redis(redisUrl, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      commandTimeout: PATIENCE_MS,
    }).on('error', onAway);
    const keyPrefix = `${prefix}:rate`;
    return counting(new RateLimiterRedis({ storeClient: redis, points, duration, keyPrefix }), () => {
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
    new RateLimiterPostgres({ storeClient: pool, points, duration, keyPrefix: 'rate', ...table }),
    () => pool.end(),
  );
}

const counting = (
  limiter: RateLimiterRedis | RateLimiterPostgres,
  close: () => Promise<void>,
): LimitStore => ({
  async add(key, second, requests) {
    // Two names by turns, so that what is stored grows with the clients and not with time.
    const name = `${createHash('sha256').update(key).digest('base64url')}:${second % 2}`;
    return (await limiter.penalty(name, requests)).consumedPoints;
  },
  close,
});
