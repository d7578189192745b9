import { setTimeout as delay } from 'node:timers/promises';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { Queue } from 'bullmq';
import type { Logger } from 'pino';
import { DomainError } from '../../errors';
import { logSparsely } from '../log-sparsely';
import { openQueueStore, type ProducerQueue, type QueueStore, type QueueStoreOptions } from '../queue-store';
import { QUEUE_NAMES } from '../queues';

const PATIENCE_MS = 2_000;
const ASK_AGAIN_MS = 50;

const DESCRIPTION = 'Jobs are hints: what is sent, and when, stands in the database.';

/** The queues as the board reads them, on connections of their own. */
export interface BoardQueues {
  /** @throws `service.busy` where their store does not answer */
  adapters(): Promise<readonly BullMQAdapter[]>;
  close(): Promise<void>;
}

interface Opened {
  adapters: readonly BullMQAdapter[];
  close: () => Promise<void>;
}

/** Opens the queues when they are first looked at; where that fails, the next look opens them anew. */
export function createBoardQueues(options: QueueStoreOptions, log: Logger): BoardQueues {
  const onError = logSparsely(log, 'the queues of the board are away');
  let opening: Promise<Opened> | null = null;
  return {
    async adapters() {
      opening ??= open(options, onError);
      try {
        return (await opening).adapters;
      } catch (error) {
        opening = null;
        throw new DomainError('service.busy', 'The queues are out of reach. Try again.', {
          cause: error,
          retryAfterSeconds: 1,
        });
      }
    },
    async close() {
      await opening?.then(({ close }) => close()).catch(onError);
    },
  };
}

async function open(options: QueueStoreOptions, onError: (error: Error) => void): Promise<Opened> {
  const store = openQueueStore(options, onError);
  const queues = QUEUE_NAMES.map((name) => store.queue(name));
  queues.forEach((queue) => queue.on('error', onError));
  const close = async () => {
    await Promise.all(queues.map((queue) => queue.close()));
    await store.close();
  };
  try {
    await Promise.all(queues.map((queue) => queue.waitUntilReady()));
    await untilItAnswers(store);
  } catch (error) {
    await close().catch(onError);
    throw error;
  }
  return { adapters: queues.map(toAdapter), close };
}

/** A connection that is being made answers nothing yet. */
async function untilItAnswers(store: QueueStore): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await store.ping();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(ASK_AGAIN_MS);
    }
  }
}

/** Whatever its types say, the board reads a queue of either of BullMQ's backends. */
const toAdapter = (queue: ProducerQueue): BullMQAdapter =>
  new BullMQAdapter(queue as unknown as Queue, { readOnlyMode: true, description: DESCRIPTION });
