/**
 * How a lease of 1 is spent. A poll waits a quarter at the feed and is given up a sixth later: where its connection went
 * silent right after the poll before it was answered, two thirds are gone: a second try fits, and the beginning of a third.
 */
const WAIT = 1 / 4;
const GRACE = 1 / 6;
/** Where there is no lease to lose, an answer may take its time: a page of the backlog is larger. */
const WITHOUT_LEASE = 2;
const FIRST_RETRY = 1 / 50;
const SPACING = 1 / 125;

export interface Pace {
  /** How long a poll waits at the feed for something to tell. */
  waitMs: number;
  /**
   * Between the sendings of two polls of which the first was answered with news, at least: where ends of access come thick
   * and fast, a poll takes several, and all replicas together stay within what one credential may ask for.
   */
  spacingMs: number;
  /** When a poll is given up. @param waitMs how long it waits at the feed */
  timeoutMs(waitMs: number, leaseHeld: boolean): number;
  /**
   * How long to pause before the next try: any time up to a limit that doubles, so that many guards which failed together do
   * not come back together. While there is a lease, its rest allows for tries.
   * @param failures in a row, from 1
   */
  retryMs(failures: number, leaseHeld: boolean): number;
  /** No `Retry-After` is honoured for longer: not for so long that a lease would be lost by it. */
  longestRetryMs(leaseHeld: boolean): number;
  /** A pause after an answer that came at once and told nothing, as a process that stops gives it. */
  breatherMs(): number;
}

export function createPace(leaseMs: number, random: () => number = Math.random): Pace {
  return {
    waitMs: Math.floor(leaseMs * WAIT),
    spacingMs: leaseMs * SPACING,
    timeoutMs: (waitMs, leaseHeld) => (leaseHeld ? waitMs + leaseMs * GRACE : leaseMs * WITHOUT_LEASE),
    retryMs(failures, leaseHeld) {
      const limit = leaseHeld ? leaseMs * GRACE : leaseMs;
      return random() * Math.min(limit, leaseMs * FIRST_RETRY * 2 ** (failures - 1));
    },
    longestRetryMs: (leaseHeld) => (leaseHeld ? leaseMs * GRACE : leaseMs),
    breatherMs: () => leaseMs * FIRST_RETRY * (0.5 + random()),
  };
}
