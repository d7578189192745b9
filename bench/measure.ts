import { performance } from 'node:perf_hooks';
import type { Contender } from './contender';

export interface Sample {
  operations: number;
  seconds: number;
  /** Milliseconds of each operation. */
  latencies: number[];
}

export const emptySample = (): Sample => ({ operations: 0, seconds: 0, latencies: [] });

/**
 * Keeps `concurrency` callers busy for `seconds`: each takes a random user, blocks her and lets her back in.
 * Adds to `sample`.
 */
export async function measure(
  contender: Contender,
  users: number,
  concurrency: number,
  seconds: number,
  sample: Sample,
): Promise<void> {
  const work = async () => {
    const userId = 1 + Math.floor(Math.random() * users);
    await timed(sample, () => contender.block(userId));
    await timed(sample, () => contender.unblock(userId));
  };
  await keepBusy(work, concurrency, seconds, sample);
}

/** Keeps `concurrency` callers at `work` for `seconds`, which it adds to `sample`. */
export async function keepBusy(
  work: () => Promise<void>,
  concurrency: number,
  seconds: number,
  sample: Sample,
): Promise<void> {
  const started = performance.now();
  const end = started + seconds * 1000;
  const caller = async () => {
    while (performance.now() < end) await work();
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  sample.seconds += (performance.now() - started) / 1000;
}

/** Does it, and adds how long it took. */
export async function timed(sample: Sample, operation: () => Promise<void>): Promise<void> {
  const started = performance.now();
  await operation();
  sample.latencies.push(performance.now() - started);
  sample.operations++;
}

/** The value below which `share` (0..1) of the sorted milliseconds lie. */
export const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
