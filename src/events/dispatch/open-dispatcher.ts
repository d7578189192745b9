import type { Database } from '../../database/database';
import type { Sender } from '../channel';
import { type AcceptJob, createAcceptJob } from './accept-job';
import { type AttemptOptions, createAttempts } from './attempts';
import { fetchBacklog } from './backlog';
import { createDispatcher } from './dispatcher';
import { createParking } from './parking';
import type { Turns } from './turns';

export interface OpenDispatcherOptions extends AttemptOptions {
  turns: Turns;
  /** Attempts at once that have not lasted long (`slots.ts`). */
  concurrency: number;
  /** Whether all targets are behind one server, as mailboxes are; else each is a receiver of its own. */
  oneReceiver: boolean;
}

/** Of all attempts at once one receiver of several gets this share, so that it cannot fill every place at a stroke. */
const SHARE_OF_ONE = 1 / 2;

/** Everything that sends for one channel in this process. */
export function openDispatcher<Receiver>(
  database: Database,
  sender: Sender<Receiver>,
  options: OpenDispatcherOptions,
): { accept: AcceptJob; close(): Promise<void> } {
  const { turns, concurrency, oneReceiver, log } = options;
  const dispatcher = createDispatcher({
    attempts: createAttempts(database, sender, options),
    parking: createParking(database, log),
    fetchBacklog: oneReceiver
      ? null
      : (target, position, limit) => fetchBacklog(database, target, position, limit),
    turns,
    laneOf: oneReceiver ? () => 'all' : (target) => target,
    size: concurrency,
    perLane: oneReceiver ? concurrency : Math.ceil(concurrency * SHARE_OF_ONE),
    log,
  });
  return { accept: createAcceptJob(database, dispatcher), close: () => dispatcher.close() };
}
