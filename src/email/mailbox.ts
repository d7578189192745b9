import { domainToASCII } from 'node:url';
import addressparser from 'nodemailer/lib/addressparser';

export interface Mailbox {
  /** Empty where none is given. */
  name: string;
  address: string;
}

/** The mailbox of `Name <address>`. */
export function toMailbox(from: string): Mailbox {
  const [mailbox] = addressparser(from, { flatten: true });
  return { name: mailbox?.name ?? '', address: mailbox?.address ?? '' };
}

/** Of an address, in ASCII as DNS has it. */
export const domainOf = (address: string): string => domainToASCII(address.split('@').at(-1) ?? '');

/** RFC 5321, section 4.5.3.1.3: 256 octets with the angle brackets. */
const MAX_OCTETS = 254;

/** Without what would begin another address, another header or another command. */
const ADDRESS = /^[^\s\p{Cc}@,;:<>()[\]\\"]+@[^\s\p{Cc}@,;:<>()[\]\\"]+$/u;

/** Whether it is one address and no more: whatever stands in the database, none of it reaches a header or a command. */
export const isAddress = (text: string): boolean =>
  ADDRESS.test(text) && Buffer.byteLength(text) <= MAX_OCTETS;
