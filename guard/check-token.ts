import type { JudgeStale } from './introspect';
import type { Lease } from './lease';
import type { Limits } from './limits';
import type { Revocations } from './revocations';
import { refuse, type Verdict } from './verdict';
import type { VerifyToken } from './verify-token';

export interface CheckTokenParts {
  verify: VerifyToken;
  lease: Lease;
  revocations: Revocations;
  limits: Limits;
  /** Null where a guard without a lease refuses everything. */
  introspect: JudgeStale | null;
}

export type CheckToken = (token: string) => Promise<Verdict>;

/** The whole verdict about a token. Never throws. */
export function createCheckToken({
  verify,
  lease,
  revocations,
  limits,
  introspect,
}: CheckTokenParts): CheckToken {
  return async (token) => {
    // Spares the work; what decides is the look below.
    if (!lease.held && introspect === null) return refuse('stale');
    const verified = await verify(token);
    if ('active' in verified) return verified;
    const { claims } = verified;
    // After the signature was verified: meanwhile the lease may have run out, the process may have slept.
    if (!lease.held) return introspect === null ? refuse('stale') : introspect(token, claims);
    if (revocations.kills(verified, limits.clockSkewSeconds * 1000)) return refuse('revoked');
    return { active: true, claims };
  };
}
