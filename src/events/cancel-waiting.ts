import type { Database } from '../database/database';
import type { ChannelName } from './channel';
import { END_BATCH, endLocked, lockWaiting, type WaitingState } from './end-deliveries';

/** Of each state, so that the caller's answer does not wait for a backlog of any size. */
const MOST_BATCHES = 20;

/** Cancels what waits for a receiver that is gone, in bounded batches: however much that is, no transaction grows with it. */
export async function cancelWaiting(
  database: Database,
  channel: ChannelName,
  target: string,
  states: readonly WaitingState[],
): Promise<void> {
  for (const state of states) {
    for (let batch = 0; batch < MOST_BATCHES; batch++) {
      if ((await cancelBatch(database, channel, target, state)) < END_BATCH) break;
    }
  }
}

const cancelBatch = (
  database: Database,
  channel: ChannelName,
  target: string,
  state: WaitingState,
): Promise<number> =>
  database.transaction(async (tx) => {
    const [waiting] = await tx.read(lockWaiting(channel, target, state));
    tx.write(endLocked(waiting, 'cancelled'));
    return waiting.length;
  });
