import ipaddr from 'ipaddr.js';
import type { AddressPolicy } from './address-policy';
import { bare, readDestination, UnfitDestinationError } from './read-destination';
import { NameError } from './resolve-name';
import { addressRefused, resolverAway } from './webhooks.errors';

/**
 * Tells at registration what sending would refuse, so that whoever registers learns it: an address that is oddly
 * written, leads into a network of ours, or has a name that does not resolve. Sending judges all of it again.
 * @throws `webhook_endpoint.address_refused`; `webhook_endpoint.resolver_unavailable` where nobody can say at the moment
 */
export async function checkDestination(text: string, policy: AddressPolicy): Promise<URL> {
  const url = read(text);
  const verdicts = (await addressesOf(url, policy)).map((address) => policy.verdictOf(address));
  if (verdicts.includes('refused')) throw addressRefused('is in a network that webhooks are not sent to');
  if (url.protocol === 'http:' && verdicts.includes('public')) throw addressRefused('must be an https URL');
  return url;
}

function read(text: string): URL {
  try {
    return readDestination(text);
  } catch (error) {
    throw error instanceof UnfitDestinationError ? addressRefused(error.detail) : error;
  }
}

async function addressesOf({ hostname }: URL, { resolve }: AddressPolicy): Promise<string[]> {
  const host = bare(hostname);
  if (ipaddr.isValid(host)) return [host];
  try {
    return await resolve(host);
  } catch (error) {
    if (!(error instanceof NameError)) throw error;
    throw error.code === 'ENOTFOUND'
      ? addressRefused('has a host whose name does not resolve')
      : resolverAway(error);
  }
}
