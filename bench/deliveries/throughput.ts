import { progress } from '../progress';
import type { BenchReceiver } from './receiver-process';
import type { Sender } from './sender';

const ROUNDS = 10;

/**
 * How many webhooks a second arrive, from the first to the last of a round; the senders take turns, so that what the
 * machine does besides hits all alike.
 * @param count of all rounds
 * @returns by sender, in their order
 */
export async function measureThroughput(
  senders: readonly Sender[],
  receiver: BenchReceiver,
  count: number,
): Promise<number[]> {
  const aRound = count / ROUNDS;
  const seconds = senders.map(() => 0);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [at, sender] of senders.entries()) {
      progress(`${round === 0 ? 'warming up' : `round ${round} of ${ROUNDS}`}, ${sender.name}`);
      const took = await secondsFor(sender, receiver, aRound);
      if (round > 0) seconds[at] = (seconds[at] ?? 0) + took;
    }
  }
  return seconds.map((all) => count / all);
}

async function secondsFor(sender: Sender, receiver: BenchReceiver, count: number): Promise<number> {
  await sender.prepare(count);
  const arriving = receiver.arrivals(count);
  await sender.handOver();
  const times = (await arriving).map(({ atMs }) => atMs);
  return (Math.max(...times) - Math.min(...times)) / 1000;
}
