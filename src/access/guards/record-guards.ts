import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { Database } from '../../database/database';
import { busy } from '../../database/faults';
import { singleFlight } from '../feed/single-flight';
import type { GuardKey } from './guard-queries';
import { AHEAD_MS, type Guard, nameOf, type Times, writeAll } from './write-guards';

/** What a poll says of the guard that sent it. */
export interface GuardPoll extends GuardKey {
  leaseMs: number;
}

/** Keeps what polls tell of guards, a few times a second for all of them. */
export interface GuardRecorder {
  /**
   * To be awaited before the poll is answered: then the database knows until when the guard may go on by the answer. It
   * waits for the first poll of a guard alone, or where nothing could be written for seconds.
   * @throws `service.busy`
   */
  polled(poll: GuardPoll): Promise<void>;
  /**
   * The guard has applied all up to a position.
   * @param at when the poll came that says so, by `performance.now()`
   */
  acknowledged(guard: GuardKey, position: number, at: number): void;
  /** The guard is about to be told all up to a position. */
  told(guard: GuardKey, position: number): void;
  /** Writes what is left. */
  close(): Promise<void>;
}

const WRITE_EVERY_MS = 250;

/** Guards that are remembered; whoever was forgotten is written down again with its next poll. */
const MAX_REMEMBERED = 20_000;

/** Steps of a guard between two writes; of more the oldest are left out, and it seems to have been told later. */
const MAX_STEPS = 50;

const WRITE_LIMIT_MS = 5_000;

export function createGuardRecorder(database: Database, log: Logger): GuardRecorder {
  const guards = new LRUCache<string, Guard>({ max: MAX_REMEMBERED });
  const changed = new Set<Guard>();
  let timer: NodeJS.Timeout | undefined;

  const guardOf = ({ clientId, instanceId }: GuardKey): Guard => {
    const key = `${clientId} ${instanceId}`;
    const known = guards.get(key);
    if (known) return known;
    const guard: Guard = {
      clientId,
      instanceId,
      leaseMs: 0,
      position: 0,
      polledAt: 0,
      trustedUntil: Number.NEGATIVE_INFINITY,
      toldUpTo: 0,
      steps: new Map(),
      isAmongOthers: false,
    };
    guards.set(key, guard);
    return guard;
  };

  const note = (guard: Guard, position: number, what: keyof Times, at: number): void => {
    const times = guard.steps.get(position) ?? { toldAt: null, acknowledgedAt: null };
    times[what] ??= at;
    guard.steps.set(position, times);
    const [oldest] = guard.steps.keys();
    if (guard.steps.size > MAX_STEPS && oldest !== undefined) guard.steps.delete(oldest);
  };

  const toBeWritten = (guard: Guard): void => {
    changed.add(guard);
    timer ??= setTimeout(() => {
      timer = undefined;
      write().catch((error: unknown) => log.warn({ err: error }, 'the polls of guards were not recorded'));
    }, WRITE_EVERY_MS);
  };

  const run = async (): Promise<void> => {
    // In one order in all processes, so that they wait for each other at most.
    const taken = [...changed].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
    if (taken.length === 0) return;
    changed.clear();
    const steps = new Map(taken.map((guard) => [guard, newestOf(guard.steps)]));
    taken.forEach((guard) => (guard.steps = new Map()));
    const leases = new Map(taken.map((guard) => [guard, guard.leaseMs]));
    const begunAt = performance.now();
    try {
      const others = await writeAll(database, taken, steps, begunAt);
      for (const guard of taken) {
        guard.isAmongOthers = others.has(guard);
        guard.trustedUntil = begunAt + (leases.get(guard) ?? 0) + AHEAD_MS;
      }
    } catch (error) {
      for (const guard of taken) {
        guard.steps = new Map([...(steps.get(guard) ?? []), ...guard.steps]);
        // Who was forgotten meanwhile is written down with her next poll.
        if (guards.has(nameOf(guard))) changed.add(guard);
      }
      throw error;
    }
  };
  const write = singleFlight(run, WRITE_LIMIT_MS, () =>
    busy(new Error('guards could not be recorded in time')),
  );

  return {
    async polled({ leaseMs, ...key }) {
      const guard = guardOf(key);
      guard.leaseMs = leaseMs;
      guard.polledAt = performance.now();
      toBeWritten(guard);
      if (guard.trustedUntil < guard.polledAt + leaseMs) await write();
    },

    acknowledged(key, position, at) {
      const guard = guardOf(key);
      // A cursor that goes back acknowledges nothing new.
      if (position <= guard.position) return;
      guard.position = position;
      note(guard, position, 'acknowledgedAt', at);
      toBeWritten(guard);
    },

    told(key, position) {
      const guard = guardOf(key);
      if (position <= guard.toldUpTo) return;
      guard.toldUpTo = position;
      note(guard, position, 'toldAt', performance.now());
      toBeWritten(guard);
    },

    async close() {
      clearTimeout(timer);
      await write().catch((error: unknown) =>
        log.warn({ err: error }, 'the polls of guards were not recorded'),
      );
    },
  };
}

/**
 * The newest step of each kind: a row for each step of each guard would be as many rows as there are guards for each
 * revocation. A receipt is the later for it by the time between two writes, and never says too early.
 */
function newestOf(steps: ReadonlyMap<number, Times>): Map<number, Times> {
  const newest = (what: keyof Times) =>
    [...steps]
      .filter(([, times]) => times[what] !== null)
      .reduce<[number, Times] | null>(
        (best, step) => (best === null || step[0] > best[0] ? step : best),
        null,
      );
  return new Map([newest('toldAt'), newest('acknowledgedAt')].filter((step) => step !== null));
}
