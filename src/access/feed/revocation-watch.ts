import type { Wakeups } from '../../wakeups/wakeups';
import type { RevocationWindow } from './revocation-window';

/** Between reads while somebody waits and nothing is announced. */
const REREAD_MS = 1_000;

/** One read for all who want one soon within it. */
const SOON_MS = 50;

/** Reads for all who wait, when something is announced and each second; where nobody waits nothing is read. */
export interface RevocationWatch {
  /**
   * Waits for the next read, for `ms` or until the signal comes. What was committed before the call and announced is
   * read at once. @throws where the database does not answer
   */
  next(ms: number, signal: AbortSignal): Promise<void>;
  /** The same, and the next read begins soon, whether anything is announced or not. */
  soon(ms: number, signal: AbortSignal): Promise<void>;
  /** Ends every wait, and lets nobody begin another: the process is about to end. */
  end(): void;
  readonly hasEnded: boolean;
}

interface Waiter {
  resolve: () => void;
  reject: (error: Error) => void;
}

export function createRevocationWatch(
  window: Pick<RevocationWindow, 'read'>,
  wakeups: Wakeups,
): RevocationWatch {
  const waiting = new Set<Waiter>();
  let running = false;
  let hasEnded = false;
  let sleep = new AbortController();
  let awakening: NodeJS.Timeout | undefined;

  const settleAll = (how: (waiter: Waiter) => void): void => [...waiting].forEach(how);

  const run = async (): Promise<void> => {
    running = true;
    while (waiting.size > 0) {
      clearTimeout(awakening);
      awakening = undefined;
      sleep = new AbortController();
      // Before the read: what is committed while it runs wakes for the next.
      const woken = wakeups.wait('revocations', REREAD_MS, sleep.signal);
      await window.read().then(
        () => settleAll(({ resolve }) => resolve()),
        (error: Error) => settleAll(({ reject }) => reject(error)),
      );
      await woken;
    }
    running = false;
  };

  const next = (ms: number, signal: AbortSignal): Promise<void> => {
    if (hasEnded || signal.aborted) return Promise.resolve();
    return new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', stop);
        waiting.delete(waiter);
      };
      const stop = (): void => waiter.resolve();
      const waiter: Waiter = {
        resolve: () => {
          leave();
          resolve();
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      };
      const timer = setTimeout(stop, ms);
      signal.addEventListener('abort', stop);
      waiting.add(waiter);
      if (!running) void run();
    });
  };

  return {
    next,
    soon(ms, signal) {
      const read = next(ms, signal);
      awakening ??= setTimeout(() => sleep.abort(), SOON_MS);
      return read;
    },
    end() {
      hasEnded = true;
      settleAll(({ resolve }) => resolve());
    },
    get hasEnded() {
      return hasEnded;
    },
  };
}
