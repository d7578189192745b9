/** Attempts that may be under way at once, in two allowances of the same size: a receiver that hangs takes none of the first. */
export type Pool = 'prompt' | 'slow';

/** A place for one attempt. */
export interface Slot {
  /** The attempt has lasted long: from now on it counts among the slow ones, as soon as there is room. */
  outstay(): void;
  release(): void;
}

export interface Slots {
  hasRoom(pool: Pool): boolean;
  take(pool: Pool): Slot;
}

/**
 * What has lasted long gives its place to what answers promptly. So whatever hangs delays the others by as long at most
 * as it takes to be found out, and twice `size` bounds all.
 */
export function createSlots(size: number): Slots {
  const taken: Record<Pool, number> = { prompt: 0, slow: 0 };
  /** Attempts that have lasted long and found no room among the slow ones, oldest first. */
  const outstaying = new Set<() => void>();

  return {
    // Who has outstayed comes first.
    hasRoom: (pool) => taken[pool] < size && (pool === 'prompt' || outstaying.size === 0),

    take(first) {
      let pool = first;
      taken[pool]++;
      const move = () => {
        taken.prompt--;
        taken.slow++;
        pool = 'slow';
      };
      return {
        outstay() {
          if (pool === 'slow') return;
          if (taken.slow < size) move();
          else outstaying.add(move);
        },
        release() {
          taken[pool]--;
          outstaying.delete(move);
          const [next] = outstaying;
          if (pool === 'prompt' || next === undefined) return;
          outstaying.delete(next);
          next();
        },
      };
    },
  };
}
