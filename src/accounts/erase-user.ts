import { sql } from '../database/sql';
import { keepRecipient } from '../events/delivery-recipient';
import type { ChannelName } from '../events/channel';
import {
  cancelBlanked,
  cancelDeliveries,
  forgetAnswers,
  forgetPayloads,
  lockShared,
  selectDeliveryIds,
  selectNamingIds,
  selectOwed,
} from '../events/forget';
import { insertTombstone } from '../users/tombstones';
import type { AccountUseCase } from './change-account';
import type { Eraser } from './eraser';

/**
 * Erases a user and everything about her. What stays: the audit trail, which does not identify her; rows of events and
 * deliveries without their content; `user.deleted` with id and uid, which still has to be told, as do ends of her access
 * that are on their way to those who enforce them: her tokens live on there; and a tombstone, by which her id and uid are
 * never given again (I2). It cannot be undone.
 * @param alwaysTold the channels of those who enforce the end of access
 */
export const createEraseUser = (
  erasers: readonly Eraser[],
  alwaysTold: readonly ChannelName[],
): AccountUseCase => ({
  takesAccess: true,

  reads: (userId) => [selectDeliveryIds(userId), selectOwed(userId, alwaysTold), selectNamingIds(userId)],

  decide(
    { id, uid, email, locale, accessEpoch, eventSequence },
    now,
    _command,
    [deliveryRows = [], owed = [], naming = []],
  ) {
    return {
      action: 'user.erase',
      cause: 'erase',
      changedFields: ['erasedAt'],
      before: {},
      after: { erasedAt: now.toISOString() },
      writes: [
        ...lockShared(id),
        // First of all: it waits for an attempt under way to be recorded, which is then blanked with the others.
        ...cancelDeliveries(id, alwaysTold, naming),
        ...forgetAnswers([...deliveryRows, ...naming]),
        ...forgetPayloads(id, owed),
        // Again: whoever made one pending held its event until now, and nobody does any more.
        ...cancelDeliveries(id, alwaysTold, naming),
        cancelBlanked(id),
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
