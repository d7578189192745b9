/** A way to send webhooks to the receiver, in a process of its own. */
export interface Sender {
  name: string;
  /** Writes down what is to be sent; nothing is on its way yet. */
  prepare(count: number): Promise<void>;
  /** Hands it to the queue. */
  handOver(): Promise<void>;
  close(): Promise<void>;
}

/** As the relay hands them over. */
const JOBS_AT_ONCE = 500;

export const chunksOf = <T>(items: readonly T[], size = JOBS_AT_ONCE): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
