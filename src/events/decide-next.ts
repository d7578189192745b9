import type { AttemptOutcome, Next } from './channel';

/** A receiver cannot keep us away for longer, in seconds. */
const MAX_RETRY_AFTER = 86_400;

/** Retries of one moment spread over this share of their delay, so that a receiver that comes back is not run over. */
const JITTER = 0.2;

/**
 * @param attempt which attempt of its schedule was made, from 1
 * @param schedule seconds before each attempt; entry 0 is the first's
 * @param random 0..1
 */
export function decideNext(
  outcome: AttemptOutcome,
  attempt: number,
  schedule: readonly number[],
  random: number,
): Next {
  switch (outcome.kind) {
    case 'succeeded':
      return { state: 'delivered' };
    case 'gone':
      return { state: 'cancelled' };
    case 'skipped':
      return { state: 'skipped' };
    case 'held':
      return { state: 'held' };
    case 'refused':
      return { state: 'dead' };
    case 'failed': {
      const planned = schedule[attempt];
      if (planned === undefined) return { state: 'dead' };
      const asked = Math.min(outcome.retryAfterSeconds ?? 0, MAX_RETRY_AFTER);
      return { state: 'pending', delayMs: Math.max(planned, asked) * 1000 * (1 + JITTER * random) };
    }
  }
}
