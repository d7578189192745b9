import { ExpiringTable } from './expiring-table';
import type { FeedItem } from './feed-answer';
import type { Claims } from './verdict';

/** What a token says of its epoch; absent where it says nothing. */
export interface Judged {
  claims: Pick<Claims, 'sub' | 'sid' | 'iat' | 'exp'>;
  epoch: number | undefined;
}

/** The ends of access that may still matter, and the rules by which they kill a token. */
export class Revocations {
  private readonly users = new ExpiringTable();
  private readonly sessions = new ExpiringTable();
  /** Milliseconds: tokens that expire by then are dead, since what may have killed them is forgotten. */
  private forgottenUntil = Number.NEGATIVE_INFINITY;

  constructor(readonly limit: number) {}

  get size(): number {
    return this.users.size + this.sessions.size;
  }

  /** Applies one end of access; twice or in any order does no harm. @returns null where there is no room for it */
  apply({ uid, sid, epoch, revokedAt }: FeedItem): boolean | null {
    const table = sid === undefined ? this.users : this.sessions;
    const key = sid ?? uid;
    if (this.size >= this.limit && !table.has(key)) return null;
    return table.raise(key, sid === undefined ? epoch : 0, revokedAt);
  }

  /**
   * Whether an end of access killed the token.
   * 1. All access of its user: where it has an epoch, an older one is dead; where it has none, it is dead unless it was
   *    issued later, beyond the clock skew.
   * 2. Its session.
   * @param skewMs by how much the issuer's clock may differ
   */
  kills({ claims, epoch }: Judged, skewMs: number): boolean {
    if (claims.exp * 1000 <= this.forgottenUntil) return true;
    if (claims.sid !== undefined && this.sessions.has(claims.sid)) return true;
    const slot = this.users.slotOf(claims.sub);
    if (slot === undefined) return false;
    if (epoch !== undefined) return epoch < this.users.epochAt(slot);
    return !(claims.iat * 1000 > this.users.timeAt(slot) + skewMs);
  }

  /**
   * Forgets what can kill no token that is still valid: issued until `revokedAt` + skew, it lives for `lifetimeMs` and is
   * accepted for another skew. A clock that was set forward would make that wrong once it is set back; so whatever the
   * clock says, no token that was alive at the time of what is forgotten passes any more.
   */
  forget(now: number, lifetimeMs: number, skewMs: number): void {
    const ageMs = lifetimeMs + 2 * skewMs;
    const latest = Math.max(this.users.forget(now, ageMs), this.sessions.forget(now, ageMs));
    this.forgottenUntil = Math.max(this.forgottenUntil, latest + skewMs + lifetimeMs);
  }
}
