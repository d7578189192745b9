import type { Database } from './database';
import { busy } from './faults';
import type { Keep } from './keep';
import type { Transaction } from './transaction';
import { DuplicateKeyError } from './unit-of-work';

/** Rows locked or written by one transaction: few enough that nobody waits long for it. */
const CHUNK = 250;

/** How often somebody else may take one of a chunk's keys while it runs. */
const MAX_COLLISIONS = 5;

/**
 * Does a long list in transactions of a few hundred, one after the other. `work` reads which keys are taken before
 * it writes; whoever takes one in between fails the chunk, which is run again, and in the end each item alone.
 * @param items at least one
 * @param keep keeps all outcomes, with the last transaction
 * @returns what `work` answered, in order
 * @throws what `work` throws; the chunks before it stay
 */
export async function inChunks<Item, Outcome>(
  database: Database,
  items: readonly Item[],
  work: (tx: Transaction, chunk: readonly Item[]) => Promise<Outcome[]>,
  keep?: Keep<Outcome[]>,
): Promise<Outcome[]> {
  let outcomes: Outcome[] = [];

  const run = async (from: number, to: number): Promise<void> => {
    const before = outcomes;
    const chunk = items.slice(from, to);
    outcomes = await database.transaction(
      async (tx) => [...before, ...(await work(tx, chunk))],
      to === items.length ? keep : undefined,
    );
  };

  const runPastCollisions = async (from: number, to: number): Promise<void> => {
    let collision: unknown;
    for (let collisions = 0; collisions <= MAX_COLLISIONS; collisions++) {
      try {
        return await run(from, to);
      } catch (error) {
        if (!(error instanceof DuplicateKeyError)) throw error;
        collision = error;
      }
    }
    if (to - from === 1) throw busy(collision);
    for (let at = from; at < to; at++) await runPastCollisions(at, at + 1);
  };

  for (let from = 0; from < items.length; from += CHUNK) {
    await runPastCollisions(from, Math.min(from + CHUNK, items.length));
  }
  return outcomes;
}
