import type { Operation } from './model-operations';

/** What can be seen of one user. */
export interface UserState {
  status: 'active' | 'suspended' | 'deactivated';
  epoch: number;
  /** Whether each of her sessions is alive, in the order of their making. */
  sessions: boolean[];
}

/** What an operation answers: a status, or the outcomes of a list. */
export type Answered = number | string[];

/** An event of a user: its type and, of an end of a suspension, how it ended. */
export type SeenEvent = [sequence: number, type: string, cause: string | null];

export interface Model {
  run(operation: Operation): Answered;
  state(): UserState[];
  events(): SeenEvent[][];
}

interface Suspension {
  reason: string;
  /** Minutes of the sequence; null is without end. */
  until: number | null;
  webhook: boolean;
}

/** The rules of DESIGN.md for one user, in as few words as they can be said. */
class ModelUser {
  epoch = 1;
  deactivated = false;
  suspension: Suspension | null = null;
  sessions: number[] = [];
  events: SeenEvent[] = [];

  status(now: number): UserState['status'] {
    if (this.deactivated) return 'deactivated';
    return this.suspension && !this.hasRunOut(now) ? 'suspended' : 'active';
  }

  private hasRunOut(now: number): boolean {
    const until = this.suspension?.until ?? null;
    return until !== null && until <= now;
  }

  private tell(type: string, cause: string | null = null): void {
    this.events.push([this.events.length + 1, type, cause]);
  }

  expire(now: number): void {
    if (!this.hasRunOut(now)) return;
    this.suspension = null;
    this.tell('user.unblocked', 'expired');
  }

  /** Answers whether the suspension changed, and the one that was opened for a user who was not blocked. */
  block(asked: Suspension, now: number): { changed: boolean; opened: Suspension | null } {
    this.expire(now);
    this.epoch++;
    const open = this.suspension;
    if (open?.reason === asked.reason && open.until === asked.until) {
      if (asked.webhook && !open.webhook) this.tell('user.blocked');
      open.webhook ||= asked.webhook;
      return { changed: false, opened: null };
    }
    this.suspension = { ...asked };
    this.tell('user.blocked');
    return { changed: true, opened: open ? null : this.suspension };
  }

  unblock(now: number): { changed: boolean } {
    this.expire(now);
    this.epoch++;
    if (!this.suspension) return { changed: false };
    this.suspension = null;
    this.tell('user.unblocked', 'unblocked');
    return { changed: true };
  }

  setDeactivated(deactivated: boolean): void {
    if (this.deactivated === deactivated) return;
    this.deactivated = deactivated;
    this.epoch++;
    this.tell(deactivated ? 'user.deactivated' : 'user.reactivated');
  }
}

export function createModel(count: number): Model {
  const users = Array.from({ length: count }, () => new ModelUser());
  /** Of each job that blocked: whom, and by which suspension. */
  const jobs: Map<ModelUser, Suspension>[] = [];
  let now = 0;
  const user = (who: number): ModelUser => users[who] as ModelUser;

  const changeMany = ({ whom, action, reason }: Extract<Operation, { do: 'batch' | 'job' }>) => {
    const opened = new Map<ModelUser, Suspension>();
    const outcomes = whom.map((who, at) => {
      if (whom.indexOf(who) < at) return 'duplicate';
      if (who === -1) return 'not_found';
      const one = user(who);
      if (action === 'unblock') return one.unblock(now).changed ? 'changed' : 'unchanged';
      const result = one.block({ reason, until: null, webhook: false }, now);
      if (result.opened) opened.set(one, result.opened);
      return result.changed ? 'changed' : 'unchanged';
    });
    return { outcomes, opened };
  };

  /** Takes back the suspensions that are still the ones which the job opened; leaves everybody else alone. */
  const undo = (): string[] => {
    const job = jobs.shift();
    if (!job) return [];
    // In the order of the list that the job was made of.
    return [...job].map(([one, opened]) => {
      const isOpen = one.suspension === opened;
      one.expire(now);
      return isOpen && one.unblock(now).changed ? 'changed' : 'unchanged';
    });
  };

  const run = (operation: Operation): Answered => {
    switch (operation.do) {
      case 'block': {
        const { who, reason, minutes, webhook } = operation;
        user(who).block({ reason, until: minutes === null ? null : now + minutes, webhook }, now);
        return 204;
      }
      case 'unblock':
        user(operation.who).unblock(now);
        return 204;
      case 'deactivate':
      case 'reactivate':
        user(operation.who).setDeactivated(operation.do === 'deactivate');
        return 204;
      case 'revoke':
        user(operation.who).epoch++;
        return 204;
      case 'signIn': {
        const one = user(operation.who);
        if (one.status(now) !== 'active') return 403;
        one.sessions.push(one.epoch);
        return 201;
      }
      case 'pass':
        now += 10;
        return 0;
      case 'expire':
        users.forEach((one) => one.expire(now));
        return 0;
      case 'batch':
        return changeMany(operation).outcomes;
      case 'job': {
        const { outcomes, opened } = changeMany(operation);
        if (operation.action === 'block') jobs.push(opened);
        return outcomes;
      }
      case 'undo':
        return undo();
    }
  };

  return {
    run,
    state: () =>
      users.map((one) => ({
        status: one.status(now),
        epoch: one.epoch,
        sessions: one.sessions.map((epoch) => epoch === one.epoch),
      })),
    events: () => users.map(({ events }) => events),
  };
}
