import type { Logger } from 'pino';

export interface Polling {
  /** Waits for the round under way. */
  stop(): Promise<void>;
}

export interface PollingOptions {
  /** Between rounds, in milliseconds; a round that fails is followed by this wait as well. */
  intervalMs: number;
  /** One round; answers in how many milliseconds the next is due at the latest, 0 for at once. */
  round: () => Promise<number>;
  log: Logger;
  /** What is logged of a round that fails. */
  onFailure: string;
  /** Whether a failure needs somebody, and is logged as an error; where absent, each is a warning. */
  isAlarming?: (error: unknown) => boolean;
}

/**
 * A loop of the worker that looks for what is due: where the row is the schedule, no job of a queue has to be there,
 * which a queue that lost its data would have lost too. Several processes may poll for the same work.
 */
export function startPolling({ intervalMs, round, log, onFailure, isAlarming }: PollingOptions): Polling {
  let stopped = false;
  let wake: () => void = () => undefined;

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const run = async (): Promise<void> => {
    while (!stopped) {
      const waitMs = await round().catch((error: unknown) => {
        log[isAlarming?.(error) ? 'error' : 'warn']({ err: error }, onFailure);
        return intervalMs;
      });
      if (waitMs > 0 && !stopped) await pause(Math.min(waitMs, intervalMs));
    }
  };
  const running = run();

  return {
    async stop() {
      stopped = true;
      wake();
      await running;
    },
  };
}

/**
 * Does the work of a round for one after the other: one of them that fails keeps none behind it waiting.
 * @throws what failed first, once each had its turn
 */
export async function eachInTurn<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  for (const item of items) await work(item).catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}
