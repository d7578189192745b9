import type { Channel } from '../events/channel';

/**
 * Tells the user herself, where she has an address, which is read when the e-mail is sent and stands in no row. Of what
 * is about no user the contact is told (`delivery-recipient.ts` keeps the address).
 */
export const emailChannel: Channel = {
  name: 'email',
  queue: 'emails',
  always: false,
  candidates: () => null,
  targets: ({ user, contact }) => {
    const addressee = user ? { target: String(user.id), email: user.email } : contact;
    return addressee && isRoutable(addressee.email) ? [{ target: addressee.target, state: 'pending' }] : [];
  },
};

/** RFC 2606, section 2: nothing below `.invalid` is ever delivered; an anonymised user's address stands there. */
export const isRoutable = (email: string | null): boolean => email !== null && !/[@.]invalid$/i.test(email);
