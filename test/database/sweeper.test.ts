import pino from 'pino';
import type { Database } from '../../src/database/database';
import { createRounds, startSweeper, type Sweep, type SweeperOptions } from '../../src/database/sweeper';

const nowhere = {} as Database;

/** Removes these numbers of rows, batch by batch; an error is thrown. */
function sweepOf(kind: string, batches: (number | Error)[]): Sweep & { left: () => number } {
  return {
    kind,
    left: () => batches.length,
    batch() {
      const next = batches.shift() ?? 0;
      if (next instanceof Error) return Promise.reject(next);
      return Promise.resolve({ removed: next, more: batches.length > 0 });
    },
  };
}

function setUp(...sweeps: Sweep[]) {
  const lines: Record<string, unknown>[] = [];
  const log = pino({}, { write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) });
  const counted: [string, number][] = [];
  const onRemoved = (kind: string, count: number) => counted.push([kind, count]);
  return { options: { database: nowhere, sweeps, log, onRemoved }, lines, counted };
}

/** A whole sweep: until the next one is minutes away. */
async function sweepAll(options: SweeperOptions): Promise<void> {
  const round = createRounds(options);
  while ((await round()) < 60_000);
}

describe('a sweep', () => {
  it('goes on while there is more, counts each batch by kind and tells of all in one line', async () => {
    const { options, lines, counted } = setUp(
      sweepOf('sessions', [500, 7]),
      sweepOf('sessions', [1]),
      sweepOf('events', [0]),
    );
    await sweepAll(options);
    expect(counted).toEqual([
      ['sessions', 500],
      ['sessions', 7],
      ['sessions', 1],
    ]);
    expect(lines).toMatchObject([{ msg: 'removed what is old', removed: { sessions: 508 } }]);
  });

  it('says nothing where there is nothing to say', async () => {
    const { options, lines } = setUp(sweepOf('events', [0]));
    await sweepAll(options);
    expect(lines).toEqual([]);
  });

  it('of one kind that fails leaves the others their turn', async () => {
    const { options, lines, counted } = setUp(
      sweepOf('sessions', [new Error('away')]),
      sweepOf('events', [3]),
    );
    await sweepAll(options);
    expect(counted).toEqual([['events', 3]]);
    expect(lines).toMatchObject([{ level: 40, kind: 'sessions' }, { removed: { events: 3 } }]);
  });

  it('that is stopped ends after the batch under way', async () => {
    const endless = sweepOf('sessions', Array<number>(1_000).fill(500));
    const { options, counted } = setUp(endless);
    const sweeper = startSweeper(options);
    await sweeper.stop();
    expect(counted).toEqual([['sessions', 500]]);
    expect(endless.left()).toBe(999);
  });
});
