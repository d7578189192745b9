/** One way to block and unblock a user; all are measured in the same run, on the same tables. */
export interface Contender {
  name: string;
  /** What it does, in a line. */
  about: string;
  block(userId: number): Promise<void>;
  unblock(userId: number): Promise<void>;
  close(): Promise<void>;
}

/** The receivers that every contender writes a delivery for. */
export interface Receivers {
  endpointId: string;
}

export const REASON = 'Bench: repeated failed sign-ins';
export const ACTOR = 'bench';
