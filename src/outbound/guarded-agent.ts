import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { Agent, type Dispatcher } from 'undici';
import type { AddressPolicy, AddressVerdict } from './address-policy';
import { bare, readDestination, UnfitDestinationError } from './read-destination';

/** An address that nothing is sent to. */
export class AddressRefusedError extends Error {
  constructor(options?: ErrorOptions) {
    super('the address is not public, and its network is not allowed', options);
  }
}

/** Sends over connections whose address was judged. */
export interface GuardedAgents {
  /** @throws AddressRefusedError where the address is oddly written, or its host is an address that is refused */
  agentFor(url: string): Dispatcher;
  close(): Promise<void>;
}

/** Idle connections to one receiver are kept this long for what it is sent next. */
const KEEP_ALIVE_MS = 30_000;

/**
 * The name is resolved once, by the connection itself: the address that was judged is the one that is connected
 * to, so a name that answers differently a moment later (DNS rebinding) gains nothing. Plain http goes to allowed
 * networks alone. No redirect is followed and no proxy is asked, whatever the environment names.
 */
export function createGuardedAgents(policy: AddressPolicy): GuardedAgents {
  const agent = (accepted: readonly AddressVerdict[]) =>
    new Agent({
      keepAliveTimeout: KEEP_ALIVE_MS,
      connect: { lookup: guardedLookup(policy, accepted) },
    });
  const agents = { 'https:': agent(['public', 'allowed']), 'http:': agent(['allowed']) };

  return {
    agentFor(text) {
      const { protocol, hostname } = read(text);
      const host = bare(hostname);
      const verdict = ipaddr.isValid(host) ? policy.verdictOf(host) : null;
      // A connection to an address asks no resolver, so it is judged here.
      const refused = verdict === 'refused' || (verdict === 'public' && protocol === 'http:');
      if (refused) throw new AddressRefusedError();
      return agents[protocol as keyof typeof agents];
    },

    async close() {
      await Promise.all(Object.values(agents).map((each) => each.destroy()));
    },
  };
}

/** It was judged when it was registered; who can write to the database must gain nothing either. */
function read(text: string): URL {
  try {
    return readDestination(text);
  } catch (error) {
    throw error instanceof UnfitDestinationError ? new AddressRefusedError({ cause: error }) : error;
  }
}

/** One refused address among several is enough: whoever mixes them is up to something. */
function guardedLookup(policy: AddressPolicy, accepted: readonly AddressVerdict[]): LookupFunction {
  const judged = async (name: string) => {
    const addresses = await policy.resolve(name);
    const good = addresses.every((address) => accepted.includes(policy.verdictOf(address)));
    const [first] = addresses;
    if (first === undefined || !good) throw new AddressRefusedError();
    return { first, addresses };
  };
  return (name, options, callback) => {
    judged(name).then(
      ({ first, addresses }) =>
        options.all === true
          ? callback(
              null,
              addresses.map((address) => ({ address, family: familyOf(address) })),
            )
          : callback(null, first, familyOf(first)),
      (error: Error) => callback(error, '', 0),
    );
  };
}

const familyOf = (address: string): 4 | 6 => (ipaddr.parse(address).kind() === 'ipv4' ? 4 : 6);
