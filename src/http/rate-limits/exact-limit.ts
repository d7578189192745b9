import { LRUCache } from 'lru-cache';
import { DomainError } from '../../errors';
import type { LimitStore } from './limit-store';

/** Refuses what somebody does too often. */
export interface ExactLimit {
  /** Counts a request. @throws `rate_limit.exceeded` */
  take(key: string): Promise<void>;
}

export interface ExactLimitOptions {
  /** In the store; two limits are two names. */
  name: string;
  /** Requests in a window; 0 is without limit. */
  limit: number;
  windowSeconds: number;
  store: LimitStore;
  onStoreAway: (error: Error) => void;
  /** Milliseconds since 1970; tests set it. */
  now?: () => number;
}

/** Who is counted at a time in a process; whoever was forgotten begins anew where the store is away. */
const MAX_COUNTED = 10_000;

/**
 * A limit of a few requests in a long time, over all processes. Unlike those of a second (`rate-limits.ts`) it asks the
 * store about every request, so that none is let through too many and a restart forgets none. Where the store is away
 * each process limits by itself. The windows are those of the clock: an hour begins with the hour.
 */
export function createExactLimit(options: ExactLimitOptions): ExactLimit {
  const { name, limit, windowSeconds, store, onStoreAway, now = () => Date.now() } = options;
  const counted = new LRUCache<string, { window: number; here: number }>({ max: MAX_COUNTED });

  const countHere = (key: string, window: number): number => {
    const known = counted.get(key);
    const here = known?.window === window ? known.here + 1 : 1;
    counted.set(key, { window, here });
    return here;
  };

  return {
    async take(key) {
      if (limit === 0) return;
      const seconds = now() / 1000;
      const window = Math.floor(seconds / windowSeconds);
      const here = countHere(key, window);
      const everywhere = await store
        .add(`${name} ${key}`, window, 1, windowSeconds)
        .catch((error: unknown) => {
          onStoreAway(error as Error);
          return 0;
        });
      if (Math.max(here, everywhere) <= limit) return;
      throw new DomainError(
        'rate_limit.exceeded',
        `No more than ${limit} of these in ${windowSeconds} seconds.`,
        {
          retryAfterSeconds: Math.ceil((window + 1) * windowSeconds - seconds),
        },
      );
    },
  };
}
