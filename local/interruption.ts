import { watchNpm } from './npm-watch';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** One Ctrl-C reaches us from the terminal, and again from npm and tsx, who pass it on. */
const SAME_CTRL_C_MS = 1_000;

/**
 * Settles when somebody wants us to end: Ctrl-C, kill, a closed terminal, or npm gone. Who asks again after a second
 * is not kept waiting.
 */
export function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    let firstAt: number | undefined;
    const interrupt = () => {
      firstAt ??= Date.now();
      if (Date.now() - firstAt > SAME_CTRL_C_MS) process.exit(130);
      resolve();
    };
    for (const signal of SIGNALS) process.on(signal, interrupt);
    watchNpm(resolve);
  });
}
