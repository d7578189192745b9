export type Status = 'starting' | 'current' | 'stale' | 'closed';

export interface ReadinessParts {
  /** Whether the guard lets tokens through at this moment. */
  isCurrent: () => boolean;
  /** Milliseconds until it does not, unless something happens. */
  remainingMs: () => number;
  onCurrent: () => void;
  onStale: () => void;
}

interface Waiter {
  resolve: () => void;
  reject: (error: Error) => void;
}

/** Notices when the guard becomes able to judge and when it ceases to be. No verdict depends on it. */
export class Readiness {
  private known: Exclude<Status, 'closed'> = 'starting';
  private closed = false;
  private waiters: Waiter[] = [];
  private timer: NodeJS.Timeout | undefined;
  /** A process that awaits the guard before it listens has nothing else that keeps it alive. */
  private alive: NodeJS.Timeout | undefined;

  constructor(private readonly parts: ReadinessParts) {}

  get status(): Status {
    if (this.closed) return 'closed';
    if (this.parts.isCurrent()) return 'current';
    return this.known === 'current' ? 'stale' : this.known;
  }

  /** To be called whenever something may have changed. */
  look(): void {
    const { onCurrent, onStale, remainingMs } = this.parts;
    const before = this.known;
    if (this.status === 'closed') return;
    this.known = this.status;
    if (this.known === 'current') {
      this.timer ??= setTimeout(() => this.lookAgain(), remainingMs() + 1).unref();
      this.settle((waiter) => waiter.resolve());
      if (before !== 'current') onCurrent();
    } else if (before === 'current') {
      onStale();
    }
  }

  wait(): Promise<void> {
    if (this.status === 'current') return Promise.resolve();
    if (this.closed) return Promise.reject(closedError());
    this.alive ??= setInterval(() => undefined, 60_000);
    return new Promise((resolve, reject) => this.waiters.push({ resolve, reject }));
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.settle((waiter) => waiter.reject(closedError()));
  }

  private lookAgain(): void {
    this.timer = undefined;
    this.look();
  }

  private settle(how: (waiter: Waiter) => void): void {
    clearInterval(this.alive);
    this.alive = undefined;
    this.waiters.splice(0).forEach(how);
  }
}

const closedError = (): Error => new Error('the guard was closed');
