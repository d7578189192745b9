import { orNull, toText, toTime } from '../database/decode';
import type { Row } from '../database/engines/engine';

export interface Bounds {
  /** Days that a receiver may be away; 0 for any number. */
  pauseAfterDays: number;
  /** Deliveries that a stream is owed at most. */
  maxBacklog: number;
}

const DAY_MS = 86_400_000;

/** Who is away for less may be owed more: a busy hour is no reason to tell nobody. */
const AWAY_AFTER_MS = 600_000;

/** A stream that is not disabled, as its row says. */
export interface StreamState {
  method: 'push' | 'poll';
  status: 'enabled' | 'paused';
  statusReason: string | null;
  /** Since when nothing was heard of its receiver; null where a push has just been taken. */
  awaySince: Date | null;
  /** Whether the operator lets its client have a stream. */
  isAllowed: boolean;
  now: Date;
}

export interface Change {
  status: 'paused' | 'disabled';
  reason: string;
}

export function toState(row: Row, isAllowed: boolean): StreamState {
  const method = toText(row.method) as StreamState['method'];
  const signs = [row.polled_at, row.status_changed_at, row.created_at].flatMap(
    (at) => orNull(toTime, at) ?? [],
  );
  const lastSign = new Date(Math.max(...signs.map((at) => at.getTime())));
  return {
    method,
    status: toText(row.status) as StreamState['status'],
    statusReason: orNull(toText, row.status_reason),
    awaySince: method === 'push' ? orNull(toTime, row.failing_since) : lastSign,
    isAllowed,
    now: toTime(row.now),
  };
}

const awayMs = ({ awaySince, now }: StreamState): number =>
  awaySince === null ? 0 : now.getTime() - awaySince.getTime();

const isAwayTooLong = (state: StreamState, { pauseAfterDays }: Bounds): boolean =>
  pauseAfterDays > 0 && awayMs(state) >= pauseAfterDays * DAY_MS;

/** Of the bound: where a receiver that gives a sign of life, and one that does not, is paused. The rest is left for then. */
const THERE = 0.75;
const AWAY = 0.5;

/** How much it must be owed for something to be done. */
export function limitOf(state: StreamState, bounds: Bounds): number {
  if (state.status === 'paused') return bounds.maxBacklog;
  if (!state.isAllowed) return 0;
  if (isAwayTooLong(state, bounds)) return 1;
  return Math.ceil(bounds.maxBacklog * (awayMs(state) >= AWAY_AFTER_MS ? AWAY : THERE));
}

/** What is to be done about it then. */
export function changeOf(state: StreamState, bounds: Bounds): Change {
  const tooMuch = 'The receiver does not take what it is owed, and that has become too much.';
  if (state.status === 'paused') return { status: 'disabled', reason: tooMuch };
  if (!state.isAllowed) {
    return { status: 'paused', reason: 'The operator names the client as a receiver no more.' };
  }
  const away = `The receiver has taken nothing for ${bounds.pauseAfterDays} days.`;
  return { status: 'paused', reason: isAwayTooLong(state, bounds) ? away : tooMuch };
}
