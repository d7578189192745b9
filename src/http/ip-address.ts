import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { DomainError } from '../errors';

/** One spelling for each address; one of IPv4 that came by a socket of IPv6 is one of IPv4 all the same. */
export const plainAddress = (address: string): string => ipaddr.process(address).toString();

/**
 * An IP address that somebody gave, in its one spelling.
 * @param pointer the field, for the refusal
 * @throws `request.invalid`
 */
function parseAddress(text: string, pointer: string): string {
  // ipaddr.js alone takes spellings that nobody means: `1` and `0x7f.1`.
  if (isIP(text) !== 0) return plainAddress(text);
  const detail = 'must be an IPv4 or IPv6 address';
  throw new DomainError('request.invalid', `${pointer} ${detail}.`, { fields: [{ pointer, detail }] });
}

/** The same for one that may be absent. */
export const parseOptionalAddress = (text: string | undefined, pointer: string): string | undefined =>
  text === undefined ? undefined : parseAddress(text, pointer);
