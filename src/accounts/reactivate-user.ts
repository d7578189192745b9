import { raiseEpoch } from '../access/end-access';
import { sql } from '../database/sql';
import type { AccountUseCase } from './change-account';

/**
 * Takes a deactivation back. A user who is suspended besides stays suspended. The epoch is raised once more, so that
 * nothing of before comes alive again (I2). Repeating it changes nothing.
 */
export const reactivateUser: AccountUseCase = {
  takesAccess: false,

  decide: ({ id, deactivatedAt }, now, { actor }) =>
    deactivatedAt === null
      ? null
      : {
          action: 'user.reactivate',
          cause: 'reactivate',
          changedFields: ['deactivatedAt', 'accessEpoch'],
          before: { deactivatedAt: deactivatedAt.toISOString() },
          after: { deactivatedAt: null },
          writes: [
            sql`UPDATE users SET deactivated_at = NULL, event_sequence = event_sequence + 1, ${raiseEpoch(now)}
              WHERE id = ${id}`,
          ],
          event: { type: 'user.reactivated', data: { actor: actor.subject, anonymised: false } },
        },
};
