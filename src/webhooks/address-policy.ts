import ipaddr from 'ipaddr.js';

export type AddressVerdict = 'public' | 'allowed' | 'refused';

/** Says of an IP address whether webhooks may be sent there. */
export type AddressPolicy = (address: string) => AddressVerdict;

/**
 * Everything but public unicast is refused (OWASP SSRF prevention): loopback, private, link-local, CGNAT, ULA,
 * multicast, unspecified, reserved, and the ranges that carry another address inside (6to4, Teredo, NAT64), unless
 * the operator has allowed the network. IPv4 in IPv6 clothes is judged as IPv4.
 * @param allowedNetworks in CIDR form (checked by the configuration)
 */
export function createAddressPolicy(allowedNetworks: readonly string[]): AddressPolicy {
  const allowed = allowedNetworks.map((network) => ipaddr.parseCIDR(network));
  return (text) => {
    if (!ipaddr.isValid(text)) return 'refused';
    const address = ipaddr.process(text);
    const isAllowed = allowed.some(
      ([network, bits]) => network.kind() === address.kind() && address.match(network, bits),
    );
    if (isAllowed) return 'allowed';
    return address.range() === 'unicast' ? 'public' : 'refused';
  };
}
