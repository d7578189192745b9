import type { Encryption, SecretPlace } from '../database/encryption';
import { KeyedValue, sql, type Statement } from '../database/sql';
import { Uuid } from '../database/uuid';
import type { ClaimedDelivery, PlannedDelivery } from './channel';

/** Whom an e-mail goes to whose event has taken that out of the user's row. */
export interface KeptRecipient {
  email: string;
  /** BCP 47. */
  locale: string | null;
}

/** Where it stands, for the encryption. */
export const recipientPlace = (deliveryId: string): SecretPlace => ({
  table: 'deliveries.recipient',
  rowId: deliveryId,
});

/**
 * Keeps an address, and the language to write in, with the e-mails of an event that takes them out of the user's row:
 * encrypted, and until the delivery is finished, no longer.
 */
export const keepRecipient = (
  deliveries: readonly PlannedDelivery[],
  email: string | null,
  locale: string | null = null,
): Statement[] =>
  deliveries.flatMap(({ id, channel }) =>
    channel === 'email' && email !== null
      ? sql`UPDATE deliveries SET recipient = ${sealRecipient(JSON.stringify({ email, locale }), id)}
          WHERE id = ${new Uuid(id)}`
      : [],
  );

/** What a delivery keeps for its sending, as it stands in its row. */
export const sealRecipient = (text: string, deliveryId: string): KeyedValue =>
  new KeyedValue(({ encryption }) => encryption.encrypt(text, recipientPlace(deliveryId)));

/** What was kept; null where nothing was. */
export const openRecipient = (
  encryption: Encryption,
  { id, recipient }: Pick<ClaimedDelivery, 'id' | 'recipient'>,
): string | null => (recipient === null ? null : encryption.decrypt(recipient, recipientPlace(id)));

/** What was kept with a delivery; null where nothing was, and the user's row tells. */
export function keptRecipient(
  encryption: Encryption,
  delivery: Pick<ClaimedDelivery, 'id' | 'recipient'>,
): KeptRecipient | null {
  const kept = openRecipient(encryption, delivery);
  if (kept === null) return null;
  // The version before this one kept the address alone, in which no quotation mark can stand.
  return kept.startsWith('{"') ? (JSON.parse(kept) as KeptRecipient) : { email: kept, locale: null };
}
