import { createTurns, type Turns } from '../../../src/events/dispatch/turns';
import type { LimitStore } from '../../../src/http/rate-limits/limit-store';

/** Counts as the store does, for all processes. */
function countingStore(): LimitStore {
  const counts = new Map<string, number>();
  return {
    add(key, second, requests) {
      const name = `${key} ${second}`;
      counts.set(name, (counts.get(name) ?? 0) + requests);
      return Promise.resolve(counts.get(name) ?? 0);
    },
    close: () => Promise.resolve(),
  };
}

/** When turns are given to processes that ask all the time, in milliseconds, by a clock that does not run by itself. */
async function turnsOf(processes: Turns[], clock: { now: number }, perSecond: number, untilMs: number) {
  const given: number[] = [];
  const askAgainAt = processes.map(() => 0);
  for (; clock.now < untilMs; clock.now++) {
    for (const [index, turns] of processes.entries()) {
      if ((askAgainAt[index] ?? 0) > clock.now) continue;
      const waitMs = await turns.take('one', perSecond);
      if (waitMs === 0) given.push(clock.now);
      askAgainAt[index] = clock.now + Math.max(waitMs, 1);
    }
  }
  return given;
}

describe('the turns of a receiver with a rate', () => {
  it.each([1, 4, 20])('%i a second are spread evenly by one process', async (perSecond) => {
    const clock = { now: 0 };
    const turns = createTurns({ store: countingStore(), onStoreAway: fail, now: () => clock.now });
    const given = await turnsOf([turns], clock, perSecond, 3_000);
    expect(given).toHaveLength(3 * perSecond);
    const gaps = given.slice(1).map((at, index) => at - (given[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1000 / perSecond - 1);
  });

  it('hold over all processes, in each second of the clock', async () => {
    const clock = { now: 0 };
    const store = countingStore();
    const processes = [1, 2, 3].map(() => createTurns({ store, onStoreAway: fail, now: () => clock.now }));
    const given = await turnsOf(processes, clock, 5, 4_000);
    for (const second of [0, 1, 2, 3]) {
      expect(given.filter((at) => Math.floor(at / 1000) === second)).toHaveLength(5);
    }
  });

  it('are kept by each process for itself where the store is away', async () => {
    const clock = { now: 0 };
    let away = 0;
    const store = { ...countingStore(), add: () => Promise.reject(new Error('away')) };
    const turns = createTurns({ store, onStoreAway: () => away++, now: () => clock.now });
    expect(await turnsOf([turns], clock, 4, 2_000)).toHaveLength(8);
    expect(away).toBeGreaterThan(0);
  });

  function fail(error: Error): void {
    throw error;
  }
});
