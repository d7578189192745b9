import { type BenchProcess, startProcess } from '../processes';

/** When a webhook came, in milliseconds of the machine's monotonic clock, which is that of `monotonicMs`. */
export interface Arrival {
  /** `webhook-id`. */
  id: string;
  atMs: number;
}

export interface BenchReceiver extends BenchProcess {
  /** Waits until so many different webhooks have come since the last time that it was asked. */
  arrivals(count: number): Promise<Arrival[]>;
}

const PATIENCE_MS = 240_000;

export async function startReceiver(): Promise<BenchReceiver> {
  const started = await startProcess('bench/deliveries/receiver.ts');
  return {
    ...started,
    async arrivals(count) {
      const response = await fetch(`${started.url}/${count}`, { signal: AbortSignal.timeout(PATIENCE_MS) });
      const entries = (await response.json()) as [string, number][];
      return entries.map(([key, atMs]) => ({ id: key.slice(key.indexOf(' ') + 1), atMs }));
    },
  };
}

/** The same in every process of the machine. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;
