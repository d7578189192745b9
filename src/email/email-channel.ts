import type { Channel } from '../events/channel';

/** Tells the user herself, where she has an address. The address is read when the e-mail is sent, and stands in no row. */
export const emailChannel: Channel = {
  name: 'email',
  queue: 'emails',
  candidates: null,
  targets: ({ user }) => (isRoutable(user.email) ? [String(user.id)] : []),
};

/** RFC 2606, section 2: nothing below `.invalid` is ever delivered; an anonymised user's address stands there. */
const isRoutable = (email: string | null): boolean => email !== null && !/[@.]invalid$/i.test(email);
