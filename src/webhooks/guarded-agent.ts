import { lookup as resolve, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { Agent, type Dispatcher } from 'undici';
import type { AddressPolicy, AddressVerdict } from './address-policy';

/** An address that webhooks are not sent to. */
export class AddressRefusedError extends Error {
  constructor() {
    super('the address is not public, and its network is not allowed');
  }
}

/** Sends over connections whose address was judged. */
export interface GuardedAgents {
  /** @throws AddressRefusedError where the host is written as an address that is refused */
  agentFor(url: URL): Dispatcher;
  close(): Promise<void>;
}

/** Idle connections to one receiver are kept this long for the next webhook. */
const KEEP_ALIVE_MS = 30_000;

/**
 * The name is resolved once, by the connection itself: the address that was judged is the one that is connected
 * to, so a name that answers differently a moment later (DNS rebinding) gains nothing. Plain http goes to allowed
 * networks alone.
 */
export function createGuardedAgents(policy: AddressPolicy): GuardedAgents {
  const agent = (accepted: readonly AddressVerdict[]) =>
    new Agent({
      keepAliveTimeout: KEEP_ALIVE_MS,
      connect: { lookup: guardedLookup((address) => accepted.includes(policy(address))) },
    });
  const agents = { 'https:': agent(['public', 'allowed']), 'http:': agent(['allowed']) };

  return {
    agentFor(url) {
      const host = url.hostname.replace(/^\[|\]$/g, '');
      const verdict = ipaddr.isValid(host) ? policy(host) : null;
      // A connection to an address asks no resolver, so it is judged here.
      const refused = verdict === 'refused' || (verdict === 'public' && url.protocol === 'http:');
      if (refused || !(url.protocol in agents)) throw new AddressRefusedError();
      return agents[url.protocol as keyof typeof agents];
    },

    async close() {
      await Promise.all(Object.values(agents).map((each) => each.destroy()));
    },
  };
}

/** One refused address among several is enough: whoever mixes them is up to something. */
function guardedLookup(accepts: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error) return callback(error, '', 0);
      const [first] = addresses;
      if (!first || !addresses.every(({ address }) => accepts(address))) {
        return callback(new AddressRefusedError(), '', 0);
      }
      return options.all === true ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };
}
