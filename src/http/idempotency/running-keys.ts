import { inProgress } from './idempotency.errors';

/** How long a repeat waits for the request that it repeats. */
const PATIENCE_MS = 1_000;

/**
 * Runs one request of a key at a time in this process; across processes the claim in the database does. A repeat waits
 * for the one before it, and then looks for its answer, beside the other repeats.
 * @throws `idempotency.in_progress` after a second
 */
export function createRunningKeys() {
  const running = new Map<string, Promise<void>>();

  return async function once<T>(
    key: string,
    find: () => Promise<T | null>,
    work: () => Promise<T>,
  ): Promise<T> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const other = running.get(key);
      if (other && !(await endsBefore(deadline, other))) throw inProgress();
      const known = await find();
      if (known) return known;
      if (!running.has(key)) break;
    }
    let end: () => void = () => undefined;
    running.set(key, new Promise((resolve) => (end = resolve)));
    try {
      return await work();
    } finally {
      running.delete(key);
      end();
    }
  };
}

async function endsBefore(deadline: number, other: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), Math.max(deadline - performance.now(), 0));
  });
  const inTime = await Promise.race([other.then(() => true), late]);
  clearTimeout(timer);
  return inTime;
}
