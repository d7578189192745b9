import { jobId } from '../../queues/queues';
import { type BacklogWalk, createBacklogWalk, type FetchBacklog } from './backlog-walk';
import { createHeldBack, MOST_REFUSALS } from './held-back';
import { createLane, type Lane, LONGEST_WAIT_MS, type Waiting } from './lane';
import type { Parking } from './parking';

export interface StationOptions {
  /** Attempts at once. */
  perLane: number;
  parking: Parking;
  /** Fetches what the lane has parked, where it is one target; null where that waits for the relay. */
  fetchBacklog: FetchBacklog | null;
  /** Attempts that this process has taken over, of all lanes. */
  accepted: Accepted;
  /** Something waits that may be begun. */
  onReady: (station: Station) => void;
  onFailure: (error: Error) => void;
}

/** What a process has taken over and not finished: each attempt once. */
export interface Accepted {
  has(id: string): boolean;
  add(id: string): void;
  delete(id: string): void;
}

/** A lane, and the ways into it and out of it. */
export interface Station {
  readonly lane: Lane;
  /** Takes an attempt over, or parks it where there is no room. */
  admit(waiting: Waiting): void;
  /** The next to be begun. */
  take(): Waiting | undefined;
  /** It could not be begun after all, and comes first. */
  putFirst(waiting: Waiting): void;
  /** It could not be claimed yet. @param user of whom an older delivery comes first, with the place of this one */
  holdBack(waiting: Waiting, user: { id: number; sequence: number } | null): void;
  /** An attempt is over, or is none of ours. @param userId whose next delivery may go */
  finish(waiting: Waiting, userId: number | null): void;
  /** Nothing is sent for so long: neither this one nor what waits. */
  pause(waiting: Waiting, forMs: number): void;
  /** Parks what the lane has no room for any more. */
  trim(): void;
  /** Gives everything back, what comes later too: nothing is begun from then on. */
  clear(): void;
}

/** A lane fetches what it has parked; after this the relay does, for a worker that is gone. */
const PARKED_FOR_MS = 10 * 60_000;
/** Somebody may take a pause back: the endpoint moves, or begins anew. One delivery asks for it, no later than this. */
const LOOK_AGAIN_MS = 30_000;
/** After the database was away. */
const REFILL_AGAIN_MS = 1_000;
/** Behind an older delivery that another process has not come to for long. */
const PARKED_BEHIND_MS = 5_000;

export function createStation(key: string, options: StationOptions): Station {
  const { parking, accepted, onReady } = options;
  const lane = createLane(key, options.perLane);
  const walk: BacklogWalk | null = options.fetchBacklog && createBacklogWalk(lane, options.fetchBacklog);
  let pausedUntil = 0;
  let roomAt = 0;
  let isClosed = false;

  const park = (waiting: Waiting, forMs: number): Promise<void> => {
    accepted.delete(jobId(waiting));
    return parking.park(waiting.deliveryId, forMs);
  };
  /** Where nobody fetches what is parked, each has a time of its own: as fast as the lane empties, no sooner. */
  const untilRoomMs = (): number => {
    const now = performance.now();
    roomAt = Math.max(roomAt, now + LONGEST_WAIT_MS / 2) + LONGEST_WAIT_MS / lane.capacity;
    return Math.min(roomAt - now, PARKED_FOR_MS);
  };
  const overflow = (waiting: Waiting): void => {
    walk?.parked();
    // The lane may have run dry meanwhile: it begins no attempt, and nothing else fetches what waits for it.
    void park(waiting, walk ? PARKED_FOR_MS : untilRoomMs()).then(() => {
      walk?.parked();
      refill();
    });
  };
  const giveBack = (waiting: Waiting): void => {
    accepted.delete(jobId(waiting));
    parking.giveBack(waiting.deliveryId);
  };
  const putFirst = (waiting: Waiting): void => {
    if (isClosed) return giveBack(waiting);
    lane.waiting.unshift(waiting);
    onReady(station);
  };
  const held = createHeldBack(putFirst);

  const admit = (waiting: Waiting, isFromBacklog: boolean): void => {
    if (accepted.has(jobId(waiting))) return;
    if (isClosed) return giveBack(waiting);
    const pausedForMs = pausedUntil - performance.now();
    if (pausedForMs > 0) return void park(waiting, pausedForMs);
    // What is parked came before it.
    if (lane.waiting.length >= lane.capacity || (walk?.isBehind === true && !isFromBacklog)) {
      return overflow(waiting);
    }
    accepted.add(jobId(waiting));
    lane.waiting.push(waiting);
    onReady(station);
  };

  const fetchParked = async (): Promise<void> => {
    for (let page; (page = await walk?.refill());) page.forEach((waiting) => admit(waiting, true));
  };
  const refill = (): void => {
    if (isClosed) return;
    fetchParked().catch((error: unknown) => {
      options.onFailure(error as Error);
      setTimeout(refill, REFILL_AGAIN_MS).unref();
    });
  };

  const station: Station = {
    lane,
    admit: (waiting) => admit(waiting, false),
    take() {
      const next = lane.waiting.shift();
      refill();
      return next;
    },
    putFirst,
    holdBack(waiting, user) {
      if (isClosed) giveBack(waiting);
      else if (waiting.refusals < MOST_REFUSALS) held.hold(waiting, user);
      else void park(waiting, PARKED_BEHIND_MS);
    },
    finish(waiting, userId) {
      accepted.delete(jobId(waiting));
      held.release(userId);
    },
    pause(waiting, forMs) {
      const lookAgainMs = Math.min(forMs, LOOK_AGAIN_MS);
      pausedUntil = performance.now() + lookAgainMs;
      void park(waiting, lookAgainMs);
      // The lane fetches them before, where the pause is taken back.
      if (forMs > lookAgainMs) walk?.parked();
      [...lane.waiting.splice(0), ...held.clear()].forEach((each) => void park(each, forMs));
    },
    trim() {
      lane.waiting.splice(lane.capacity).forEach(overflow);
    },
    clear() {
      isClosed = true;
      [...lane.waiting.splice(0), ...held.clear()].forEach(giveBack);
    },
  };
  return station;
}
