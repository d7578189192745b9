import { emptySample, keepBusy, timed } from './measure';
import { progress, say } from './progress';
import { report } from './report';

const WARM_UP_SECONDS = 6;
const SLICES = 6;
const SLICE_SECONDS = 2;

/** One way to get an answer; all are measured in the same run, on the same tables. */
export interface Asking {
  name: string;
  /** Asks the next question. @throws where the answer is not the one that is due */
  ask: () => Promise<void>;
  close(): Promise<void>;
}

/**
 * Prints how fast each is, beside the floors. Interleaved, so that what the machine does besides hits all alike.
 * @param floors names of contenders
 */
export async function race(contenders: readonly Asking[], callers: number, floors: string[]): Promise<void> {
  const results = contenders.map(({ name }) => ({
    concurrency: callers,
    contender: name,
    sample: emptySample(),
  }));
  for (const { name, ask } of contenders) {
    progress(`warming up ${name}`);
    await keepBusy(ask, callers, WARM_UP_SECONDS, emptySample());
  }
  for (let slice = 1; slice <= SLICES; slice++) {
    for (const [index, { name, ask }] of contenders.entries()) {
      const sample = results[index]?.sample ?? emptySample();
      progress(`round ${slice} of ${SLICES}, ${name}`);
      await keepBusy(() => timed(sample, ask), callers, SLICE_SECONDS, sample);
    }
  }
  say('');
  console.log(report(results, floors));
}
