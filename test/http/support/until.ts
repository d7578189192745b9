const PATIENCE_MS = 5_000;

/** Waits for a condition, and no longer than a person would. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('what was waited for did not come');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
