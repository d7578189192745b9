import { raiseEpoch } from '../access/end-access';
import { sql } from '../database/sql';
import { cancelDeliveriesOver } from '../events/forget';
import type { AccountUseCase } from './change-account';

/**
 * Ends all of a user's access until she is reactivated; whether she is suspended besides does not change. From then on
 * she gets no mail but the one that tells it. Repeating it changes nothing.
 */
export const deactivateUser: AccountUseCase = {
  takesAccess: true,

  decide: ({ id, deactivatedAt }, now, { actor }) =>
    deactivatedAt === null
      ? {
          action: 'user.deactivate',
          cause: 'deactivate',
          changedFields: ['deactivatedAt', 'accessEpoch'],
          before: { deactivatedAt: null },
          after: { deactivatedAt: now.toISOString() },
          writes: [
            sql`UPDATE users SET deactivated_at = ${now}, event_sequence = event_sequence + 1, ${raiseEpoch(now)}
              WHERE id = ${id}`,
            cancelDeliveriesOver('email', id),
          ],
          event: { type: 'user.deactivated', data: { actor: actor.subject, anonymised: false } },
        }
      : null,
};
