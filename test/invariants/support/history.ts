import type { Session } from './calls';

/** When a call was sent and when its answer came, counted in steps of one test. */
interface Span {
  sentAt: number;
  answeredAt: number;
}

/** A call that raised the epoch. */
interface Rise extends Span {
  action: 'block' | 'unblock' | 'revoke';
  /** From the receipt; a revocation answers none. */
  epoch: number | null;
}

interface SignedIn extends Span {
  session: Session;
}

/** What one user's calls were answered, from which follows which of her sessions may be alive. */
export interface History {
  /** Runs a call and notes when it was sent and answered. */
  timed<T>(call: () => Promise<T>): Promise<T & Span>;
  rise(rise: Rise): void;
  signedIn(signedIn: SignedIn): void;
  /** One session was revoked by itself. */
  ended(sessionId: string): void;
  sessionIds(): string[];
  /** While no call is under way: every contradiction between the answers and the state, in words. */
  contradictions(now: { epoch: number; suspended: boolean; alive: ReadonlySet<string> }): string[];
}

/** @param firstEpoch the epoch of the user when she was created */
export function createHistory(firstEpoch: number): History {
  let clock = 0;
  const rises: Rise[] = [];
  const signIns: SignedIn[] = [];
  const ended = new Set<string>();

  /** The last block or unblock at an epoch or before it decides; a revocation leaves the suspension as it is. */
  const isSuspendedAt = (epoch: number): boolean => {
    const before = rises.filter((rise) => rise.epoch !== null && rise.epoch <= epoch);
    const last = before.sort((a, b) => Number(b.epoch) - Number(a.epoch))[0];
    return last?.action === 'block';
  };

  return {
    async timed(call) {
      const sentAt = ++clock;
      const result = await call();
      return { ...result, sentAt, answeredAt: ++clock };
    },
    rise: (rise) => void rises.push(rise),
    signedIn: (signedIn) => void signIns.push(signedIn),
    ended: (sessionId) => void ended.add(sessionId),
    sessionIds: () => signIns.map(({ session }) => session.sessionId),

    contradictions({ epoch, suspended, alive }) {
      const found: string[] = [];
      const receipts = rises.flatMap((rise) => (rise.epoch === null ? [] : [rise.epoch]));
      if (new Set(receipts).size < receipts.length) found.push('two calls raised to the same epoch');
      if (epoch !== firstEpoch + rises.length)
        found.push(`epoch ${epoch} after ${rises.length} rises from ${firstEpoch}`);
      if (suspended !== isSuspendedAt(epoch)) found.push(`suspended is ${suspended}`);
      if (suspended && alive.size > 0) found.push('a suspended user has sessions');

      for (const { session, sentAt, answeredAt } of signIns) {
        const name = `the session of epoch ${session.epoch}, made in ${sentAt}..${answeredAt},`;
        if (isSuspendedAt(session.epoch)) found.push(`${name} was made while the user was blocked`);
        const shouldLive = session.epoch === epoch && !ended.has(session.sessionId);
        if (alive.has(session.sessionId) !== shouldLive)
          found.push(`${name} is ${shouldLive ? 'dead' : 'alive'}`);
        for (const rise of rises) {
          const killed = rise.sentAt > answeredAt;
          const older = rise.answeredAt < sentAt;
          if (killed && alive.has(session.sessionId)) found.push(`${name} survived a ${rise.action}`);
          if (rise.epoch === null) continue;
          if (killed && session.epoch >= rise.epoch) found.push(`${name} is not older than what ended it`);
          if (older && session.epoch < rise.epoch) found.push(`${name} has an epoch from before it`);
        }
      }
      return found;
    },
  };
}
