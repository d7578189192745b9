import { raiseEpoch } from '../access/end-access';
import { sql } from '../database/sql';
import { keepRecipient } from '../events/delivery-recipient';
import {
  cancelDeliveriesOver,
  forgetAnswers,
  forgetReasons,
  selectDeliveryIds,
  selectPayloads,
} from '../events/forget';
import { clearReasons } from '../suspension/suspension-queries';
import type { AccountUseCase } from './change-account';
import type { Eraser } from './eraser';

/** As Guardhouse names somebody whose personal data is gone. */
const FIRST_NAME = 'Deleted';
const LAST_NAME = 'User';

/** Unique, and of no mailbox (RFC 2606, section 2). */
const anonymousEmail = (userId: number): string => `deleted-${userId}@invalid`;

/**
 * Takes a user's personal data away and deactivates her: names, address, locale, and the reasons of her suspensions
 * wherever they stand. Id, uid and history stay. Repeating it takes away what has come since, and tells nobody.
 */
export const createAnonymiseUser = (erasers: readonly Eraser[]): AccountUseCase => ({
  takesAccess: true,

  reads: (userId) => [selectDeliveryIds(userId), selectPayloads(userId)],

  decide({ id, uid, email, locale, deactivatedAt }, now, { actor }, [deliveryRows = [], eventRows = []]) {
    const isNews = deactivatedAt === null || email !== anonymousEmail(id);
    const sequence = isNews ? sql`event_sequence = event_sequence + 1,` : sql``;
    return {
      action: 'user.anonymise',
      cause: 'anonymise',
      changedFields: [
        'email',
        'firstName',
        'lastName',
        'locale',
        'deactivatedAt',
        'suspensionReason',
        'reasonForUser',
        'accessEpoch',
      ],
      before: { deactivatedAt: deactivatedAt?.toISOString() ?? null },
      after: { deactivatedAt: (deactivatedAt ?? now).toISOString() },
      writes: [
        sql`UPDATE users SET email = ${anonymousEmail(id)}, email_key = ${anonymousEmail(id)},
          first_name = ${FIRST_NAME}, last_name = ${LAST_NAME}, locale = NULL,
          deactivated_at = ${deactivatedAt ?? now}, ${sequence} ${raiseEpoch(now)} WHERE id = ${id}`,
        clearReasons(id),
        cancelDeliveriesOver('email', id),
        ...forgetAnswers(deliveryRows),
        ...forgetReasons(eventRows),
        ...erasers.flatMap((eraser) => eraser({ id, uid })),
      ],
      event: isNews ? { type: 'user.deactivated', data: { actor: actor.subject, anonymised: true } } : null,
      withDeliveries: (deliveries) => keepRecipient(deliveries, email, locale),
    };
  },
});
