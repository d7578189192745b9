import type { AttemptOutcome } from '../../src/events/channel';
import { decideNext } from '../../src/events/decide-next';

const outcome = (kind: AttemptOutcome['kind'], retryAfterSeconds?: number): AttemptOutcome => ({
  kind,
  statusCode: null,
  errorKind: null,
  requestHeaders: null,
  error: null,
  response: null,
  retryAfterSeconds,
});
const schedule = [0, 5, 300];

describe('what follows from an attempt', () => {
  it.each([
    ['succeeded', 'delivered'],
    ['gone', 'cancelled'],
    ['refused', 'dead'],
  ] as const)('%s: the delivery is %s, whatever the schedule says', (kind, state) => {
    expect(decideNext(outcome(kind, 60), 1, schedule, 0)).toEqual({ state });
    expect(decideNext(outcome(kind), 99, schedule, 0)).toEqual({ state });
  });

  it.each([
    [1, 5_000],
    [2, 300_000],
  ])('failed attempt %i: tried again after %i ms', (attempt, delayMs) => {
    expect(decideNext(outcome('failed'), attempt, schedule, 0)).toEqual({ state: 'pending', delayMs });
  });

  it('I4: gives up when the schedule has ended, and not before', () => {
    expect(decideNext(outcome('failed'), 3, schedule, 0)).toEqual({ state: 'dead' });
    expect(decideNext(outcome('failed', 60), 3, schedule, 0)).toEqual({ state: 'dead' });
    // A worker that died in the last attempt leaves one more, which must not go on for ever.
    expect(decideNext(outcome('failed'), 4, schedule, 0)).toEqual({ state: 'dead' });
  });

  it('spreads retries by up to a fifth, never earlier than planned', () => {
    expect(decideNext(outcome('failed'), 1, schedule, 0.5)).toEqual({ state: 'pending', delayMs: 5_500 });
    expect(decideNext(outcome('failed'), 1, schedule, 1)).toEqual({ state: 'pending', delayMs: 6_000 });
  });

  it('stays away as long as the receiver asks, but not for longer than a day', () => {
    expect(decideNext(outcome('failed', 60), 1, schedule, 0)).toEqual({ state: 'pending', delayMs: 60_000 });
    expect(decideNext(outcome('failed', 1), 1, schedule, 0)).toEqual({ state: 'pending', delayMs: 5_000 });
    expect(decideNext(outcome('failed', 1e9), 1, schedule, 0)).toEqual({
      state: 'pending',
      delayMs: 86_400_000,
    });
  });
});
