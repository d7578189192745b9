/** What the guard reads the time from; milliseconds. Tests alone give another. */
export interface Clock {
  /** Never jumps, but may stand still while the machine sleeps (CLOCK_MONOTONIC on Linux). */
  monotonic(): number;
  /** Since 1970. Goes on while the machine sleeps, but may be set. */
  wall(): number;
}

export const systemClock: Clock = { monotonic: () => performance.now(), wall: () => Date.now() };

/** A moment by both clocks. */
export interface Moment {
  monotonic: number;
  wall: number;
}

export const momentOf = (clock: Clock): Moment => ({ monotonic: clock.monotonic(), wall: clock.wall() });

/** Milliseconds since then by whichever clock says more: a machine that slept must not take its knowledge for fresh. */
export const elapsedSince = (then: Moment, clock: Clock): number =>
  Math.max(clock.monotonic() - then.monotonic, clock.wall() - then.wall);
