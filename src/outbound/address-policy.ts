import ipaddr from 'ipaddr.js';
import { createResolveName, type ResolveName } from './resolve-name';

export type AddressVerdict = 'public' | 'allowed' | 'refused';

/** Of IPv6 no other unicast is given out; the rest holds IPv4 in older clothes, such as `::127.0.0.1` (RFC 4291, 2.5.5.1). */
const GLOBAL_IPV6 = ipaddr.parseCIDR('2000::/3');

/** Looks public and leads to the host of an Azure machine; the metadata of other clouds are in ranges that are refused. */
const METADATA = ['168.63.129.16'];

/** Where anything may be sent to that somebody else has named: webhooks, security event tokens, logout tokens. */
export interface AddressPolicy {
  verdictOf: (address: string) => AddressVerdict;
  /** The addresses to be judged. */
  resolve: ResolveName;
}

/**
 * Everything but public unicast is refused (OWASP SSRF prevention): loopback, private, link-local, CGNAT, ULA,
 * multicast, unspecified, reserved, and the ranges that carry another address inside (6to4, Teredo, NAT64), unless
 * the operator has allowed the network. IPv4 in IPv6 clothes is judged as IPv4.
 * @param allowedNetworks in CIDR form (checked by the configuration)
 */
export function createAddressPolicy(
  allowedNetworks: readonly string[],
  resolve: ResolveName = createResolveName(),
): AddressPolicy {
  const allowed = allowedNetworks.map((network) => ipaddr.parseCIDR(network));
  return {
    resolve,
    verdictOf(text) {
      if (!ipaddr.isValid(text)) return 'refused';
      const address = ipaddr.process(text);
      const isAllowed = allowed.some(
        ([network, bits]) => network.kind() === address.kind() && address.match(network, bits),
      );
      if (isAllowed) return 'allowed';
      const isPublic =
        address.range() === 'unicast' &&
        (address.kind() === 'ipv4' || address.match(GLOBAL_IPV6)) &&
        !METADATA.includes(address.toString());
      return isPublic ? 'public' : 'refused';
    },
  };
}
