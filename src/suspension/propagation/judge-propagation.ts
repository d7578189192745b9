import { MAX_TRANSACTION_MS, TRANSACTION_LIMIT_MS } from '../../database/engines/engine';
import type { DeliveryView } from '../../events/delivery-queries';
import type { GuardAtPosition } from '../../access/guards/guard-queries';

/** What is known of a block at one moment. */
export interface Known {
  /** Read by the block shortly before its commit. */
  revokedAt: Date;
  /** The time of the read that found the block committed. */
  now: Date;
  /** Moments at which somebody acted upon the block: it was committed by then. */
  evidence: readonly Date[];
  guards: readonly GuardAtPosition[];
  /** Whether guards of that time may have been forgotten. */
  isOld: boolean;
}

export interface JudgedGuard extends GuardAtPosition {
  /** From then on it lets no token of the user pass, at the latest. */
  overBy: Date;
  isOver: boolean;
  /** Null where it acknowledged in time, or has time left. */
  leaseExpiredAt: Date | null;
}

export type JudgedDelivery = DeliveryView & { isLate: boolean };

export interface Judgement {
  overAt: Date | null;
  guards: JudgedGuard[];
}

/** The longest lease that the contract takes. */
const MAX_LEASE_MS = 60_000;

const earliest = (...times: readonly Date[]): Date =>
  new Date(Math.min(...times.map((time) => time.getTime())));
const latest = (...times: readonly Date[]): Date =>
  new Date(Math.max(...times.map((time) => time.getTime())));
const after = (time: Date, ms: number): Date => new Date(time.getTime() + ms);

/**
 * Since when a block is over everywhere. Nobody knows the moment of a commit: it is taken for as late as it can have
 * been. An answer that does not hold the block was read before the commit, and its poll was sent before that: so no guard
 * goes on by it for longer than its lease after the commit, nor for longer than was written down before it was answered.
 */
export function judgePropagation({ revokedAt, now, evidence, guards, isOld }: Known): Judgement {
  const longest = after(revokedAt, MAX_TRANSACTION_MS + TRANSACTION_LIMIT_MS);
  // A COMMIT may hang for longer; where it does not, nobody asks so soon.
  const isLongAgo = now.getTime() - revokedAt.getTime() > 2 * (longest.getTime() - revokedAt.getTime());
  const committedBy = earliest(now, ...evidence, ...(isLongAgo ? [longest] : []));
  const judged = guards.map((guard): JudgedGuard => {
    const leaseEnd = earliest(guard.trustedUntil, after(committedBy, guard.leaseMs));
    const { acknowledgedAt } = guard;
    const overBy = acknowledgedAt && acknowledgedAt < leaseEnd ? acknowledgedAt : leaseEnd;
    const isLate = overBy === leaseEnd && leaseEnd <= now;
    return { ...guard, overBy, isOver: overBy <= now, leaseExpiredAt: isLate ? leaseEnd : null };
  });
  const forgotten = isOld ? [after(revokedAt, MAX_TRANSACTION_MS + TRANSACTION_LIMIT_MS + MAX_LEASE_MS)] : [];
  const overAt = latest(committedBy, ...judged.map(({ overBy }) => overBy), ...forgotten);
  return { overAt: overAt <= now ? overAt : null, guards: judged };
}

/** By then a receiver has been told, where it answers. */
const TOLD_WITHIN_MS = 60_000;

/** Whether a receiver was told late, or should have been told by now: one that is owed nothing any more is neither. */
export function isLate({ state, createdAt, deliveredAt }: DeliveryView, now: Date): boolean {
  if (deliveredAt === null && state === 'cancelled') return false;
  return (deliveredAt ?? now).getTime() > createdAt.getTime() + TOLD_WITHIN_MS;
}
