import { DomainError } from '../../errors';

/** Where requests wait, each in a place of its own. */
export interface Places {
  /** Takes a place; what it answers gives it back, once. @throws `rate_limit.exceeded` */
  take: (key: string) => () => void;
  /** Runs `work` where there is a place for it. @throws `rate_limit.exceeded` */
  inPlace: <T>(key: string, work: () => Promise<T>) => Promise<T>;
}

/**
 * Lets so many of each key be inside at once, in this process: requests that wait cost most while they do, which a rate
 * does not bound.
 * @param what they are called in the refusal
 */
export function createPlaces(most: number, what: string): Places {
  const taken = new Map<string, number>();
  const take = (key: string) => {
    const others = taken.get(key) ?? 0;
    if (others >= most) throw tooMany(most, what);
    taken.set(key, others + 1);
    return () => {
      const left = (taken.get(key) ?? 1) - 1;
      if (left > 0) taken.set(key, left);
      else taken.delete(key);
    };
  };
  return {
    take,
    async inPlace(key, work) {
      const leave = take(key);
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}

const tooMany = (most: number, what: string) =>
  new DomainError(
    'rate_limit.exceeded',
    `There are ${most} ${what} under way already: wait for one to be answered.`,
    {
      retryAfterSeconds: 1,
    },
  );
