import type { Pool } from './slots';

/** One attempt that waits for its turn. */
export interface Waiting {
  deliveryId: string;
  /** From 1. */
  attempt: number;
  target: string;
  /** How often it was refused because an older one comes first, or because somebody held its row. */
  refusals: number;
}

/** What is known of one receiver, and what waits for it in this process. */
export interface Lane {
  readonly key: string;
  readonly waiting: Waiting[];
  /** Which allowance its next attempt takes from. */
  readonly pool: Pool;
  /** Attempts that may wait here; the others wait in the database. */
  readonly capacity: number;
  /** Whether another attempt may be begun, as far as the receiver is concerned. */
  readonly mayBegin: boolean;
  /** Attempts a second, where the receiver has a rate. */
  perSecond: number | null;
  /** Where it has: whether the next attempt has its turn. */
  hasTurn: boolean;
  /** Whether a turn is all that it needs. */
  readonly needsTurn: boolean;
  /** Answers whether the attempt has its turn, which is used up by that. */
  begin(): boolean;
  /** An attempt has not been answered for long. */
  outstayed(): void;
  /** An attempt was answered, or was given up. */
  answered(tookMs: number, failed: boolean, outstayed: boolean): void;
  end(): void;
}

/** An attempt that lasts longer counts as slow, in milliseconds. */
export const SLOW_AFTER_MS = 500;

/** Attempts at once to a receiver of which nobody knows yet. */
const FIRST_LIMIT = 1;

/** As long as an attempt may wait in memory: the relay takes it for lost after 30 s. */
export const LONGEST_WAIT_MS = 15_000;

/** Fewer would make it go to the database for each. */
const LEAST_WAITING_PER_ATTEMPT = 8;

/** Taken for what was never measured. */
const FIRST_GUESS_MS = 10;
/** How much the last attempt counts against those before it. */
const WEIGHT = 0.2;

/**
 * Attempts at once grow by one with each that succeeds and are halved by each that fails (additive increase,
 * multiplicative decrease): a receiver that is well gets as much as it takes, one that is not gets little more than one
 * that asks whether it is back.
 * @param mostAtOnce attempts
 */
export function createLane(key: string, mostAtOnce: number): Lane {
  let limit = FIRST_LIMIT;
  let inFlight = 0;
  let outstaying = 0;
  let lastWasSlow: boolean | null = null;
  let typicalMs = FIRST_GUESS_MS;

  const hasRoom = ({ waiting }: Lane): boolean => waiting.length > 0 && inFlight < limit;

  return {
    key,
    waiting: [],
    perSecond: null,
    hasTurn: false,

    get pool() {
      if (lastWasSlow === true || outstaying > 0) return 'slow';
      return lastWasSlow === null ? 'unproven' : 'prompt';
    },

    get capacity() {
      // Little's law: what it answers within the time that an attempt may wait.
      const perMs = Math.min(limit / typicalMs, (this.perSecond ?? Infinity) / 1000);
      return Math.ceil(Math.max(perMs * LONGEST_WAIT_MS, limit * LEAST_WAITING_PER_ATTEMPT));
    },

    get mayBegin() {
      return hasRoom(this) && (this.perSecond === null || this.hasTurn);
    },

    get needsTurn() {
      return hasRoom(this) && this.perSecond !== null && !this.hasTurn;
    },

    begin() {
      inFlight++;
      const hadTurn = this.hasTurn;
      this.hasTurn = false;
      return hadTurn;
    },

    outstayed() {
      outstaying++;
    },

    answered(tookMs, failed, outstayed) {
      if (outstayed) outstaying--;
      lastWasSlow = tookMs > SLOW_AFTER_MS;
      typicalMs = Math.max(typicalMs + (tookMs - typicalMs) * WEIGHT, 1);
      limit = failed ? Math.max(Math.floor(limit / 2), 1) : Math.min(limit + 1, mostAtOnce);
    },

    end() {
      inFlight--;
    },
  };
}
