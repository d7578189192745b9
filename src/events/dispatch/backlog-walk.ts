import type { BacklogPage, BacklogPosition } from './backlog';
import type { Lane, Waiting } from './lane';

/** Up to `limit` parked deliveries to a target, after `position`. */
export type FetchBacklog = (
  target: string,
  position: BacklogPosition | null,
  limit: number,
) => Promise<BacklogPage>;

/** Brings what a lane has parked back to it, once there is room. */
export interface BacklogWalk {
  /** Whether something waits in the database that came before whatever comes now. */
  readonly isBehind: boolean;
  /** Something was parked, or the database has it now: a walk that went past its place before may have missed it. */
  parked(): void;
  /** Fetches the next page where the lane has room for it; null where there is nothing to do. A page may be empty. */
  refill(): Promise<readonly Waiting[]> | null;
}

/**
 * A walk that has come to the end begins anew only where something was parked meanwhile. A new lane walks once: a
 * process before this one may have parked something.
 */
export function createBacklogWalk(lane: Lane, fetch: FetchBacklog): BacklogWalk {
  let position: BacklogPosition | null = null;
  let isBehind = false;
  let walking = true;
  let parkedSince = false;
  let fetching = false;

  const nextPage = async (): Promise<readonly Waiting[]> => {
    fetching = true;
    try {
      const page = await fetch(lane.key, position, lane.capacity - lane.waiting.length);
      position = page.position;
      if (position === null) {
        // Whatever comes from now on need not wait behind the few that were parked during the walk.
        isBehind = false;
        walking = parkedSince;
        parkedSince = false;
      }
      return page.waiting;
    } finally {
      fetching = false;
    }
  };

  return {
    get isBehind() {
      return isBehind;
    },
    parked() {
      walking = isBehind = parkedSince = true;
    },
    refill: () => (fetching || !walking || lane.waiting.length > lane.capacity / 2 ? null : nextPage()),
  };
}
