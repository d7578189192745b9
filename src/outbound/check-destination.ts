import ipaddr from 'ipaddr.js';
import type { DomainError } from '../errors';
import type { AddressPolicy } from './address-policy';
import { bare, readDestination, UnfitDestinationError } from './read-destination';
import { NameError } from './resolve-name';

/** How the feature that registers an address words its refusals. */
export interface DestinationRefusals {
  refused: (detail: string) => DomainError;
  resolverAway: (cause: unknown) => DomainError;
}

/**
 * Tells at registration what sending would refuse, so that whoever registers learns it: an address that is oddly
 * written, leads into a network of ours, or has a name that does not resolve. Sending judges all of it again.
 * @throws what `refusals` makes of it
 */
export async function checkDestination(
  text: string,
  policy: AddressPolicy,
  refusals: DestinationRefusals,
): Promise<URL> {
  const url = read(text, refusals);
  const verdicts = (await addressesOf(url, policy, refusals)).map((address) => policy.verdictOf(address));
  if (verdicts.includes('refused')) throw refusals.refused('is in a network that nothing is sent to');
  if (url.protocol === 'http:' && verdicts.includes('public')) throw refusals.refused('must be an https URL');
  return url;
}

function read(text: string, { refused }: DestinationRefusals): URL {
  try {
    return readDestination(text);
  } catch (error) {
    throw error instanceof UnfitDestinationError ? refused(error.detail) : error;
  }
}

async function addressesOf(
  { hostname }: URL,
  { resolve }: AddressPolicy,
  { refused, resolverAway }: DestinationRefusals,
): Promise<string[]> {
  const host = bare(hostname);
  if (ipaddr.isValid(host)) return [host];
  try {
    return await resolve(host);
  } catch (error) {
    if (!(error instanceof NameError)) throw error;
    throw error.code === 'ENOTFOUND'
      ? refused('has a host whose name does not resolve')
      : resolverAway(error);
  }
}
