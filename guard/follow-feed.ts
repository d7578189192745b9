import { type Clock, elapsedSince, type Moment, momentOf } from './clock';
import { asError, type Report } from './events';
import type { FeedAnswer } from './feed-answer';
import type { Lease } from './lease';
import type { Limits } from './limits';
import type { Pace } from './pace';
import type { PollFeed } from './poll-feed';
import { StatusError } from './request';
import type { Revocations } from './revocations';

/** RFC 9110, section 15.5.11: the cursor is of another history. 400: it is none that this version understands. */
const CURSOR_REFUSED = [400, 410];

export interface FollowFeedParts {
  poll: PollFeed;
  revocations: Revocations;
  limits: Limits;
  lease: Lease;
  pace: Pace;
  clock: Clock;
  report: Report;
  /** The lease was renewed or ended. */
  onLease: () => void;
  closed: AbortSignal;
}

/** Polls the feed until the guard is closed, and applies what it tells. */
export class FollowFeed {
  private after: string | undefined;
  private failures = 0;
  /** Whether the last answer told everything, so that the next poll may wait. */
  private toldAll = false;

  constructor(private readonly parts: FollowFeedParts) {}

  async run(): Promise<void> {
    const { closed } = this.parts;
    while (!closed.aborted) {
      const pauseMs = await this.step();
      if (pauseMs > 0) await pause(pauseMs, closed);
    }
  }

  /** One poll. @returns milliseconds until the next one */
  private async step(): Promise<number> {
    const { poll, lease, pace, clock, closed } = this.parts;
    // Whoever holds no lease, or fears for it, wants an answer at once.
    const waitMs = this.toldAll && this.failures === 0 && lease.held ? pace.waitMs : 0;
    let sent = momentOf(clock);
    try {
      let news = false;
      const answers = poll({
        after: this.after,
        waitMs,
        timeoutMs: pace.timeoutMs(waitMs, lease.held),
        onSent: (at) => (sent = at),
      });
      for await (const answer of answers) {
        if (closed.aborted) return 0;
        news = this.apply(answer, sent) || news;
        this.failures = 0;
        // It begins anew: what follows here goes on from where it has been.
        if (this.after === undefined) break;
      }
      const tookMs = elapsedSince(sent, clock);
      if (!news) return tookMs < waitMs / 2 ? pace.breatherMs() : 0;
      return this.toldAll ? pace.spacingMs - tookMs : 0;
    } catch (error) {
      return closed.aborted ? 0 : this.failed(error);
    }
  }

  /** @returns whether it told anything new. @throws Full */
  private apply(answer: FeedAnswer, sent: Moment): boolean {
    const { revocations, limits, lease, clock, onLease } = this.parts;
    const beginAnew = limits.learn(answer);
    revocations.forget(clock.wall(), limits.rememberedSeconds * 1000, limits.clockSkewSeconds * 1000);
    let news = false;
    for (const item of answer.items) {
      const applied = revocations.apply(item);
      if (applied === null) throw new Full();
      news ||= applied;
    }
    this.after = answer.next;
    this.toldAll = !answer.more;
    if (this.toldAll) {
      lease.renew(sent);
      onLease();
    }
    if (beginAnew) this.begin(200);
    return news;
  }

  private failed(error: unknown): number {
    const { lease, pace, revocations, report, onLease } = this.parts;
    this.failures++;
    const answer = error instanceof StatusError ? error.answer : null;
    if (error instanceof Full) {
      // What did not fit is told again: the cursor was not moved.
      lease.end();
      report({ type: 'full', maxRevocations: revocations.limit });
    }
    if (answer !== null && this.after !== undefined && CURSOR_REFUSED.includes(answer.status)) {
      lease.end();
      this.begin(answer.status);
    }
    onLease();
    const retryMs = pace.retryMs(this.failures, lease.held);
    const retryInMs = Math.max(retryMs, Math.min(answer?.retryAfterMs ?? 0, pace.longestRetryMs(lease.held)));
    report({
      type: 'poll_failed',
      status: answer?.status ?? 0,
      error: asError(error),
      failures: this.failures,
      retryInMs,
    });
    return retryInMs;
  }

  /** From the beginning of the feed. What is known stays known: dead is dead (I2). */
  private begin(status: number): void {
    this.after = undefined;
    this.toldAll = false;
    this.parts.limits.begin();
    this.parts.report({ type: 'began_anew', status });
  }
}

class Full extends Error {
  constructor() {
    super('there is no room for more revocations');
  }
}

/** Ends early when the guard is closed, and keeps no process alive. */
function pause(milliseconds: number, closed: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      closed.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds).unref();
    closed.addEventListener('abort', end, { once: true });
  });
}
