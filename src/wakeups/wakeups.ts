/** What a wake-up is about: the rows that somebody who waits should read again. */
export const TOPICS = ['revocations', 'security-events', 'signing-keys'] as const;

export type Topic = (typeof TOPICS)[number];

/**
 * Wakes whoever waits for rows, in every process. It is a hint and no more: one may be lost and one may come for
 * nothing, so that who waits reads the database again whenever `wait` is over.
 */
export interface Wakeups {
  /** After a commit. Never fails, and is waited for by nobody. Those who wait in this process need no network. */
  announce(topic: Topic): void;
  /**
   * Is over with the next announcement, whenever this process may have missed one, and after a second at the latest.
   * Begin to wait before you read, and await it after that: what is committed in between is announced to you then.
   * @param ms at most
   */
  wait(topic: Topic, ms: number, signal?: AbortSignal): Promise<void>;
  /** Ends every wait. */
  close(): Promise<void>;
}

/** How one process tells the others. */
export interface Bus {
  /** Rejects where they could not be told. */
  publish(message: string): Promise<void>;
  /** Begins to listen, and goes on whatever happens to the connection. */
  listen(): void;
  close(): Promise<void>;
}

export interface BusListener {
  onMessage: (message: string) => void;
  /** It listens, for the first time or again: what was said before, it has not heard. */
  onListening: () => void;
  /** A connection was lost, or not to be had. */
  onAway: (error: Error) => void;
}

export type OpenBus = (listener: BusListener) => Bus;
