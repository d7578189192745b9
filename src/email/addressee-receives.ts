import { receiverGone } from '../events/deliveries.errors';
import type { AssertReceiver } from '../events/redeliver-delivery';
import { selectContact, toContact } from '../users/find-users';
import { isRoutable } from './email-channel';

/** @throws `delivery.receiver_gone` where no address is left to write to */
export const assertAddresseeReceives: AssertReceiver = async (tx, { userId, keepsAddress }) => {
  if (keepsAddress) return;
  const [rows] = userId === null ? [[]] : await tx.read(selectContact(userId));
  if (!isRoutable(toContact(rows[0])?.email ?? null)) throw receiverGone();
};
