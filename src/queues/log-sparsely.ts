import type { Logger } from 'pino';

const INTERVAL_MS = 10_000;

/** Logs an error that comes with every reconnect, once in a while: an away Redis must not flood the log. */
export function logSparsely(log: Logger, message: string): (error: Error) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (error) => {
    if (performance.now() - last < INTERVAL_MS) return;
    last = performance.now();
    log.warn({ err: error }, message);
  };
}
