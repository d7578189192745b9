import ipaddr from 'ipaddr.js';

/** An address that nothing is sent to, because of how it is written. */
export class UnfitDestinationError extends Error {
  /** @param detail what is wrong, as a sentence goes on after "it" */
  constructor(readonly detail: string) {
    super(`the address ${detail}`);
  }
}

const LONGEST_URL = 2_048;

/** RFC 3986, section 3.2: the authority ends at the first slash or question mark. */
const HTTP_URL = /^https?:\/\/([^/?#]+)/i;
/** The host and, where there is one, the port. */
const AUTHORITY = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/;

/** RFC 1123, section 2.1, and RFC 1035, section 2.3.4. */
const NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

/**
 * Reads the address of a receiver. Whoever reads it later, here or elsewhere, must understand the same by it, so that
 * what was judged is what is sent to: the text has to be written as the WHATWG URL parser would write it. An odd
 * spelling (`0x7f.1`, `127.1`, a backslash, a host after `@`) is refused wherever it leads.
 * @throws UnfitDestinationError
 */
export function readDestination(text: string): URL {
  if (text.length > LONGEST_URL) throw new UnfitDestinationError(`must not exceed ${LONGEST_URL} characters`);
  // The parser drops tabs and line breaks, takes a backslash for a slash and turns other letters into `xn--` names.
  if (!/^[!-~]+$/.test(text) || text.includes('\\'))
    throw new UnfitDestinationError('must be written in ASCII, without blanks and backslashes');
  const authority = HTTP_URL.exec(text)?.[1];
  if (authority === undefined || !URL.canParse(text)) throw new UnfitDestinationError('must be an https URL');
  if (text.includes('#')) throw new UnfitDestinationError('must not have a fragment');
  if (authority.includes('@')) throw new UnfitDestinationError('must not carry a user name or password');
  const url = new URL(text);
  const [, host = '', port] = AUTHORITY.exec(authority) ?? [];
  assertHost(host.toLowerCase(), url.hostname);
  assertPort(port);
  return url;
}

/** @param understood the host that a connection would be made to */
function assertHost(written: string, understood: string): void {
  if (written !== understood)
    throw new UnfitDestinationError(`must name its host as it is understood: ${understood}`);
  if (ipaddr.isValid(bare(understood))) return;
  if (understood.endsWith('.')) throw new UnfitDestinationError('must not have a dot behind its host');
  // Names that look like another's: whoever means such a host has a name in ASCII for it as well.
  if (/(^|\.)xn--/.test(understood))
    throw new UnfitDestinationError('must not have a host in punycode (xn--)');
  if (!NAME.test(understood))
    throw new UnfitDestinationError('must have a host of letters, digits and hyphens');
}

function assertPort(written: string | undefined): void {
  if (written !== undefined && !/^[1-9][0-9]*$/.test(written))
    throw new UnfitDestinationError('must have a port from 1 to 65535, or none');
}

/** An IPv6 address without the brackets that a URL puts around it. */
export const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');
