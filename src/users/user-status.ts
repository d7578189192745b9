import { currentTime, sql, type Statement } from '../database/sql';

export type UserStatus = 'active' | 'suspended' | 'deactivated';

interface StatusColumns {
  suspended: boolean;
  suspendedUntil: Date | null;
  deactivatedAt: Date | null;
}

/** Derives the status, which is never stored. `now` is the database's. */
export function statusOf(user: StatusColumns, now: Date): UserStatus {
  if (user.deactivatedAt !== null) return 'deactivated';
  const lasts = user.suspendedUntil === null || user.suspendedUntil > now;
  return user.suspended && lasts ? 'suspended' : 'active';
}

/**
 * Over `u`, and not `IS NULL`: that nearly everybody meets, and MariaDB would find them by `users_deactivated`, in no order
 * that a list has, and sort all of them for a page.
 */
export const isNotDeactivated: Statement = sql`(u.deactivated_at IS NOT NULL) = FALSE`;

/** The SQL twin of `statusOf`, over the columns of `users` (alias `u`). */
export function hasStatus(status: UserStatus): Statement {
  switch (status) {
    case 'deactivated':
      return sql`u.deactivated_at IS NOT NULL`;
    case 'suspended':
      return sql`${isNotDeactivated} AND u.suspended = TRUE
        AND (u.suspended_until IS NULL OR u.suspended_until > ${currentTime})`;
    case 'active':
      return sql`${isNotDeactivated} AND (u.suspended = FALSE OR u.suspended_until <= ${currentTime})`;
  }
}
