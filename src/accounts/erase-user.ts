import { sql } from '../database/sql';
import { keepRecipient } from '../events/delivery-recipient';
import { cancelDeliveries, forgetAnswers, forgetPayloads, selectDeliveryIds } from '../events/forget';
import { insertTombstone } from '../users/tombstones';
import type { AccountUseCase } from './change-account';
import type { Eraser } from './eraser';

/**
 * Erases a user and everything about her. What stays: the audit trail, which does not identify her; rows of events and
 * deliveries without their content; `user.deleted` with id and uid, which still has to be told; and a tombstone, by
 * which her id and uid are never given again (I2). It cannot be undone.
 */
export const createEraseUser = (erasers: readonly Eraser[]): AccountUseCase => ({
  takesAccess: true,

  reads: (userId) => [selectDeliveryIds(userId)],

  decide({ id, uid, email, locale, accessEpoch, eventSequence }, now, _command, [deliveryRows = []]) {
    return {
      action: 'user.erase',
      cause: 'erase',
      changedFields: ['erasedAt'],
      before: {},
      after: { erasedAt: now.toISOString() },
      writes: [
        // First of all: it waits for an attempt under way to be recorded, which is then blanked with the others.
        cancelDeliveries(id),
        ...forgetAnswers(deliveryRows),
        forgetPayloads(id),
        // Again: whoever made one pending held its event until now, and nobody does any more.
        cancelDeliveries(id),
        ...erasers.flatMap((eraser) => eraser({ id, uid })),
        sql`DELETE FROM users WHERE id = ${id}`,
        insertTombstone({
          userId: id,
          uid,
          accessEpoch: accessEpoch + 1,
          eventSequence: eventSequence + 1,
          erasedAt: now,
        }),
      ],
      event: { type: 'user.deleted' },
      withDeliveries: (deliveries) => keepRecipient(deliveries, email, locale),
    };
  },
});
