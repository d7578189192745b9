import type { Database } from '../database/database';
import type { Encryption } from '../database/encryption';
import type { ClaimedDelivery } from '../events/channel';
import { recipientPlace } from '../events/delivery-recipient';
import { findContact } from '../users/find-users';

/** Who is mailed, as she is at the moment of sending. */
export interface Recipient {
  email: string;
  firstName: string | null;
}

/**
 * Looks up who a delivery's e-mail goes to: the user at the address that she has now, or at the one that the event has
 * taken away. Nobody who is deactivated gets mail, but for the one that tells it.
 */
export function createFindRecipient(database: Database, encryption: Encryption) {
  return async ({ id, event, recipient }: ClaimedDelivery): Promise<Recipient | null> => {
    if (recipient !== null) {
      return { email: encryption.decrypt(recipient, recipientPlace(id)), firstName: null };
    }
    const contact = event.userId === null ? null : await findContact(database, event.userId);
    if (!contact || contact.email === null) return null;
    if (contact.deactivated && event.type !== 'user.deactivated') return null;
    return { email: contact.email, firstName: contact.firstName };
  };
}
