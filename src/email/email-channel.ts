import type { Channel } from '../events/channel';

/** Tells the user herself, where she has an address. The address is read when the e-mail is sent, and stands in no row. */
export const emailChannel: Channel = {
  name: 'email',
  queue: 'emails',
  candidates: null,
  targets: ({ user }) => (user.email === null ? [] : [String(user.id)]),
};
