/**
 * Whom an attempt goes to: a receiver of which nobody knows yet, one that answers promptly, or one that has kept us
 * waiting. In the order in which a free place is given away: the first are few and soon known, and would else wait for as
 * long as the others have enough to take every place.
 */
export const POOLS = ['unproven', 'prompt', 'slow'] as const;

export type Pool = (typeof POOLS)[number];

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

/** Of the places, so many may be taken for receivers of which nobody knows yet. */
const SHARE_OF_UNPROVEN = 1 / 2;

/** Slow attempts for each prompt one: they hold a connection and next to nothing else. */
const SLOW_FOR_EACH = 4;

/**
 * What has lasted long gives its place to what answers promptly, and part of the places is kept for receivers that are
 * known to. So who hangs takes nothing from them for longer than it takes to be found out, however many they are.
 * @param size attempts at once that have not lasted long
 */
export function createSlots(size: number): Slots {
  const taken: Record<Pool, number> = { prompt: 0, unproven: 0, slow: 0 };
  /** Attempts that have lasted long and found no room among the slow ones, oldest first. */
  const outstaying = new Set<() => void>();
  const free: Record<Pool, () => number> = {
    prompt: () => size - taken.prompt - taken.unproven,
    unproven: () => Math.min(free.prompt(), Math.ceil(size * SHARE_OF_UNPROVEN) - taken.unproven),
    slow: () => size * SLOW_FOR_EACH - taken.slow,
  };

  return {
    // Who has outstayed comes before who begins.
    hasRoom: (pool) => free[pool]() > 0 && (pool !== 'slow' || outstaying.size === 0),

    take(first) {
      let pool = first;
      taken[pool]++;
      const move = () => {
        taken[pool]--;
        pool = 'slow';
        taken[pool]++;
      };
      return {
        outstay() {
          if (pool === 'slow') return;
          if (free.slow() > 0) move();
          else outstaying.add(move);
        },
        release() {
          taken[pool]--;
          outstaying.delete(move);
          const [next] = outstaying;
          if (pool !== 'slow' || next === undefined) return;
          outstaying.delete(next);
          next();
        },
      };
    },
  };
}
