import type { SecretPlace } from '../database/encryption';
import { KeyedValue, sql, type Statement } from '../database/sql';
import { Uuid } from '../database/uuid';
import type { PlannedDelivery } from './channel';

/** Where the address stands, for the encryption. */
export const recipientPlace = (deliveryId: string): SecretPlace => ({
  table: 'deliveries.recipient',
  rowId: deliveryId,
});

/**
 * Keeps an address with the e-mails of an event that takes it out of the user's row: encrypted, and until the delivery
 * is finished, no longer.
 */
export const keepRecipient = (deliveries: readonly PlannedDelivery[], email: string | null): Statement[] =>
  deliveries.flatMap(({ id, channel }) =>
    channel === 'email' && email !== null
      ? sql`UPDATE deliveries SET recipient = ${encrypted(email, id)} WHERE id = ${new Uuid(id)}`
      : [],
  );

const encrypted = (email: string, deliveryId: string) =>
  new KeyedValue(({ encryption }) => encryption.encrypt(email, recipientPlace(deliveryId)));
