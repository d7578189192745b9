import type { LimitStore } from '../../http/rate-limits/limit-store';

/** Says when a receiver with a rate may be sent to. */
export interface Turns {
  /** Milliseconds to wait before asking again; 0 where it is its turn, which is used up by that. */
  take(key: string, perSecond: number): Promise<number>;
}

export interface TurnsOptions {
  /** Where the processes count together. */
  store: LimitStore;
  onStoreAway: (error: Error) => void;
  /** Milliseconds since 1970; tests set it. */
  now?: () => number;
}

/**
 * In one process turns are spread evenly; over all processes the store counts them, in seconds of the clock. Where it is
 * away each process keeps the rate by itself.
 */
export function createTurns({ store, onStoreAway, now = () => Date.now() }: TurnsOptions): Turns {
  /** When the next turn is, by key. */
  const nextAt = new Map<string, number>();

  return {
    async take(key, perSecond) {
      const time = now();
      const due = nextAt.get(key) ?? time;
      if (due > time) return due - time;
      const second = Math.floor(time / 1000);
      const count = await store.add(`turn ${key}`, second, 1).catch((error: unknown) => {
        onStoreAway(error as Error);
        return 0;
      });
      if (count > perSecond) return (second + 1) * 1000 - time;
      const interval = 1000 / perSecond;
      // A timer is late by a moment, which the next turn makes up for; what was not asked for in time is gone.
      nextAt.set(key, (time - due < interval ? due : time) + interval);
      return 0;
    },
  };
}
