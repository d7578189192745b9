import { LRUCache } from 'lru-cache';
import type { LimitStore } from './limit-store';

/** Operations that share a limit; `x-rate-limit-class` in the contract. */
export type LimitClass = 'default' | 'sessions' | 'revocations' | 'cometchat' | 'zim';

/** Requests a second and client; 0 is without limit. */
export type Limits = Readonly<Record<LimitClass, number>>;

/** How a client stands after a request. */
export interface Standing {
  allowed: boolean;
  limit: number;
  /** Requests left in this second. */
  remaining: number;
}

export interface RateLimits {
  /** Counts a request; null where there is no limit. */
  take(limitClass: LimitClass, clientId: string): Standing | null;
  close(): Promise<void>;
}

export interface RateLimitOptions {
  limits: Limits;
  store: LimitStore;
  onStoreAway: (error: Error) => void;
  /** Milliseconds since 1970; tests set it. */
  now?: () => number;
}

/** What of a limit a process lets through before it tells the others. */
const SHARE = 1 / 20;

/** Clients that are counted at a time; whoever was forgotten begins anew. */
const MAX_CLIENTS = 10_000;

interface Window {
  second: number;
  /** Let through by this process. */
  here: number;
  told: number;
  telling: boolean;
  /** Let through by the others, as far as is known. */
  elsewhere: number;
}

/**
 * Limits requests by client, over all processes, in windows of one second of the clock. A request is decided in memory,
 * at once: each process tells the store of what it has let through, a twentieth of the limit at a time, and hears what
 * the others have. So a limit may be exceeded by as much for each process, nobody waits for the store, and where it is
 * away each process limits by itself.
 */
export function createRateLimits({
  limits,
  store,
  onStoreAway,
  now = () => Date.now(),
}: RateLimitOptions): RateLimits {
  const windows = new LRUCache<string, Window>({ max: MAX_CLIENTS });

  const windowOf = (key: string): Window => {
    const second = Math.floor(now() / 1000);
    const known = windows.get(key);
    if (known?.second === second) return known;
    const fresh = { second, here: 0, told: 0, telling: false, elsewhere: 0 };
    windows.set(key, fresh);
    return fresh;
  };

  const tell = async (key: string, window: Window): Promise<void> => {
    const { second, here, told } = window;
    window.telling = true;
    // Once, whether or not it arrives: told twice, it would count as what others have let through.
    window.told = here;
    try {
      window.elsewhere = Math.max((await store.add(key, second, here - told)) - here, 0);
    } catch (error) {
      onStoreAway(error as Error);
    } finally {
      window.telling = false;
    }
  };

  return {
    take(limitClass, clientId) {
      const limit = limits[limitClass];
      if (limit === 0) return null;
      const key = `${limitClass} ${clientId}`;
      const window = windowOf(key);
      const left = limit - window.here - window.elsewhere;
      if (left <= 0) return { allowed: false, limit, remaining: 0 };
      window.here++;
      if (!window.telling && window.here - window.told >= limit * SHARE) void tell(key, window);
      return { allowed: true, limit, remaining: left - 1 };
    },
    close: () => store.close(),
  };
}
