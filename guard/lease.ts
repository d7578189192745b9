import { type Clock, elapsedSince, type Moment } from './clock';

/**
 * For how long the guard may rely on what it knows (I1). Counted from the sending of the last poll that told everything,
 * since the answer holds what was committed before that moment and may have been long on its way.
 */
export class Lease {
  private since: Moment | null = null;

  constructor(
    private readonly lengthMs: number,
    private readonly clock: Clock,
  ) {}

  /** @param sent when the poll was sent, not when it was answered */
  renew(sent: Moment): void {
    this.since = sent;
  }

  /** What the guard knows is known to be incomplete. */
  end(): void {
    this.since = null;
  }

  /** Milliseconds; 0 where it has run out. */
  get remainingMs(): number {
    return this.since === null ? 0 : Math.max(0, this.lengthMs - elapsedSince(this.since, this.clock));
  }

  /** Evaluated anew each time: no timer has to fire for it to run out. */
  get held(): boolean {
    return this.remainingMs > 0;
  }
}
