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

/** Places for each attempt that is being sent: another is being claimed meanwhile, which takes as long. */
const PLACES_FOR_ONE = 2;

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
    size: concurrency * PLACES_FOR_ONE,
    // One receiver of several gets half of the places, so that it cannot fill all of them at a stroke.
    perLane: concurrency,
    log,
  });
  return { accept: createAcceptJob(database, dispatcher), close: () => dispatcher.close() };
}
