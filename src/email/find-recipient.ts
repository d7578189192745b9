import type { Encryption } from '../database/encryption';
import type { ClaimedDelivery } from '../events/channel';
import { keptRecipient } from '../events/delivery-recipient';
import type { Contact } from '../users/contacts';

/** Who is mailed, as she is at the moment of sending. */
export interface Recipient {
  email: string;
  firstName: string | null;
  /** BCP 47. */
  locale: string | null;
}

/**
 * Who a delivery's e-mail goes to: the user at the address that she has now, or at the one that the event has taken away.
 * Nobody who is deactivated gets mail, but for the one that tells it.
 * @returns null where nobody may be written to any more
 */
export function findRecipient(
  delivery: ClaimedDelivery,
  contact: Contact | undefined,
  encryption: Encryption,
): Recipient | null {
  const kept = keptRecipient(encryption, delivery);
  if (kept) return { ...kept, firstName: null };
  if (!contact || contact.email === null) return null;
  if (contact.deactivated && delivery.event.type !== 'user.deactivated') return null;
  return { email: contact.email, firstName: contact.firstName, locale: contact.locale };
}
