import { DomainError, type ErrorCode } from '../../errors';

/** What came of one user of a batch or job. */
export type Outcome = 'changed' | 'unchanged' | 'not_found' | 'duplicate' | 'refused';

export interface UserOutcome {
  outcome: Outcome;
  /** Why it was refused. */
  code: ErrorCode | null;
  /** The suspension that was opened for a user who was not blocked: what an undo ends. */
  opened: string | null;
}

export const NOT_FOUND: UserOutcome = { outcome: 'not_found', code: null, opened: null };
export const DUPLICATE: UserOutcome = { outcome: 'duplicate', code: null, opened: null };

export const changed = (opened: string | null): UserOutcome => ({ outcome: 'changed', code: null, opened });
export const UNCHANGED: UserOutcome = { outcome: 'unchanged', code: null, opened: null };

/** @throws what is no refusal of this one user */
export function refused(error: Error): UserOutcome {
  if (!(error instanceof DomainError)) throw error;
  return error.code === 'user.not_found' ? NOT_FOUND : { outcome: 'refused', code: error.code, opened: null };
}
