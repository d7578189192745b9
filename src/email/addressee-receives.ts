import { receiverGone } from '../events/deliveries.errors';
import type { AssertReceiver } from '../events/redeliver-delivery';
import { selectContacts, toContact } from '../users/contacts';
import { isRoutable } from './email-channel';

/** @throws `delivery.receiver_gone` where no address is left to write to */
export const assertAddresseeReceives: AssertReceiver = async (tx, { userId, keepsAddress }) => {
  if (keepsAddress) return 'pending';
  const [[row]] = userId === null ? [[]] : await tx.read(selectContacts([userId]));
  if (!row || !isRoutable(toContact(row).email)) throw receiverGone();
  return 'pending';
};
