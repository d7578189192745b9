import { setTimeout as delay } from 'node:timers/promises';
import pino, { type Logger } from 'pino';
import { ConfigurationError } from './config';
import { describeError } from './http/describe-error';

export interface RunningProcess {
  log: Logger;
  /** Lets work under way end; then the process exits with 0. */
  stop: () => Promise<void>;
}

/** Structured lines on standard output. What could hold a secret is not logged at all; this is the second lock. */
export const createLogger = (name: string, level: string): Logger =>
  pino({
    name,
    level,
    serializers: { err: describeError },
    redact: ['req.headers.authorization', '*.secret', '*.password', '*.token'],
  });

/**
 * Runs the entry of a process: starts it, stops it on SIGTERM or SIGINT, and says in words why it did not start.
 * A process that is told to stop while it still waits for its database has nothing to drain; a second signal ends
 * one that drains at once.
 */
export function runProcess(start: () => Promise<RunningProcess>): void {
  let running: RunningProcess | null = null;
  const onSignal = (signal: NodeJS.Signals) => {
    if (running === null) process.exit(0);
    // Whichever comes second.
    process.removeAllListeners('SIGTERM').removeAllListeners('SIGINT');
    process.once('SIGTERM', () => process.exit(1)).once('SIGINT', () => process.exit(1));
    stopCleanly(running, signal);
  };
  process.once('SIGTERM', onSignal).once('SIGINT', onSignal);
  start().then(
    (started) => {
      running = started;
    },
    (error: unknown) => {
      process.stderr.write(`${describe(error)}\n`);
      process.exit(1);
    },
  );
}

function stopCleanly({ log, stop }: RunningProcess, signal: NodeJS.Signals): void {
  log.info({ signal }, 'draining');
  stop().then(
    () => process.exit(0),
    (error: unknown) => {
      log.error({ err: error }, 'the process could not be stopped cleanly');
      process.exit(1);
    },
  );
}

const describe = (error: unknown): string => {
  if (error instanceof ConfigurationError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
};

/** Tries until `work` succeeds: a database that is away must not make the process die again and again. */
export async function untilItSucceeds<T>(work: () => Promise<T>, log: Logger, what: string): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      // No waiting mends it.
      if (error instanceof ConfigurationError) throw error;
      const waitMs = Math.min(250 * 2 ** attempt, 5_000);
      log.warn({ err: error, waitMs }, what);
      await delay(waitMs);
    }
  }
}
