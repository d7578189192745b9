/** A database server of the test's own, which may be killed; what was committed is there after the next start. */
export interface PrivateServer {
  url(database: string): string;
  createDatabase(name: string): Promise<void>;
  kill(): Promise<void>;
  /** Waits until it answers. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}
