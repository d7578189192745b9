import type { Waiting } from './lane';

/** Deliveries of one lane that may not be claimed yet. */
export interface HeldBack {
  /** @param user of whom an older delivery comes first, with the place among hers; null where somebody held the row */
  hold(waiting: Waiting, user: { id: number; sequence: number } | null): void;
  /** An attempt about a user is over: her next delivery may go. */
  release(userId: number | null): void;
  /** All of them; nothing is held any more. */
  clear(): Waiting[];
}

/** How often one is tried before it is put back. */
export const MOST_REFUSALS = 6;

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 3_000;

interface Held {
  waiting: Waiting;
  user: { id: number; sequence: number } | null;
  timer: NodeJS.Timeout;
}

/**
 * Holds a delivery until the older one that it stands behind had its attempt. Another process may make that, so it is
 * tried again after a while in any case.
 */
export function createHeldBack(onReady: (waiting: Waiting) => void): HeldBack {
  const held = new Set<Held>();
  const letGo = (one: Held): void => {
    clearTimeout(one.timer);
    held.delete(one);
    onReady(one.waiting);
  };

  return {
    hold(waiting, user) {
      const waitMs = Math.min(FIRST_WAIT_MS * 2 ** waiting.refusals, LONGEST_WAIT_MS);
      const again = { ...waiting, refusals: waiting.refusals + 1 };
      const one: Held = { waiting: again, user, timer: setTimeout(() => letGo(one), waitMs) };
      held.add(one);
    },

    release(userId) {
      let next: Held | null = null;
      for (const one of held) {
        if (one.user === null || one.user.id !== userId) continue;
        if (next?.user && next.user.sequence <= one.user.sequence) continue;
        next = one;
      }
      if (next) letGo(next);
    },

    clear() {
      const all = [...held];
      held.clear();
      all.forEach(({ timer }) => clearTimeout(timer));
      return all.map(({ waiting }) => waiting);
    },
  };
}
