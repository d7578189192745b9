import { randomInt } from 'node:crypto';

/** Random choices that one number repeats; `TEST_SEED` sets it. */
export interface Random {
  /** 0 <= n < below */
  below(below: number): number;
  chance(share: number): boolean;
  pick<T>(items: readonly T[]): T;
}

/** Prints its seed, so that a failure can be looked at again. */
export function seededRandom(what: string): Random {
  const seed = Number(process.env.TEST_SEED ?? randomInt(2 ** 31));
  process.stdout.write(`${what}: TEST_SEED=${seed}\n`);
  const next = mulberry32(seed);
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    chance: (share) => next() < share,
    pick<T>(items: readonly T[]): T {
      if (items.length === 0) throw new RangeError('there is nothing to pick from');
      return items[below(items.length)] as T;
    },
  };
}

/** Tommy Ettinger's generator of 32 bits of state, in the public domain. */
function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
