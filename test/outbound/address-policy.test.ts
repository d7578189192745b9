import { createAddressPolicy } from '../../src/outbound/address-policy';

const refused = [
  ['0.0.0.0', 'unspecified'],
  ['0.1.2.3', 'this network'],
  ['10.0.0.1', 'private'],
  ['100.64.0.1', 'CGNAT'],
  ['100.100.100.200', 'CGNAT, Alibaba metadata'],
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['169.254.169.254', 'link-local, cloud metadata'],
  ['168.63.129.16', 'Azure metadata'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.0.0.8', 'reserved'],
  ['192.0.0.192', 'Oracle metadata'],
  ['192.0.2.1', 'documentation'],
  ['192.88.99.1', '6to4 relay'],
  ['192.168.1.1', 'private'],
  ['198.18.0.1', 'benchmarking'],
  ['198.19.255.255', 'benchmarking'],
  ['198.51.100.1', 'documentation'],
  ['203.0.113.5', 'documentation'],
  ['224.0.0.1', 'multicast'],
  ['240.0.0.1', 'reserved'],
  ['255.255.255.255', 'broadcast'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['::127.0.0.1', 'IPv4-compatible loopback'],
  ['::7f00:1', 'IPv4-compatible loopback, as a URL writes it'],
  ['::a9fe:a9fe', 'IPv4-compatible metadata'],
  ['::ffff:127.0.0.1', 'mapped loopback'],
  ['::ffff:a9fe:a9fe', 'mapped metadata'],
  ['::ffff:0:7f00:1', 'translated loopback'],
  ['64:ff9b::7f00:1', 'NAT64 loopback'],
  ['64:ff9b::101:101', 'NAT64 of a public address'],
  ['64:ff9b:1::7f00:1', 'local NAT64'],
  ['100::1', 'discard'],
  ['100:0:0:1::1', 'not given out'],
  ['2001::1', 'Teredo'],
  ['2001:2::1', 'benchmarking'],
  ['2001:20::1', 'ORCHID'],
  ['2001:db8::1', 'documentation'],
  ['2002:7f00:1::', '6to4 loopback'],
  ['3fff::1', 'documentation'],
  ['4000::1', 'not given out'],
  ['5f00::1', 'segment routing'],
  ['fc00::1', 'ULA'],
  ['fd00:ec2::254', 'ULA, AWS metadata'],
  ['fd12:3456::1', 'ULA'],
  ['fe80::1', 'link-local'],
  ['fec0::1', 'site-local'],
  ['ff02::1', 'multicast'],
  ['localhost', 'no address'],
  ['', 'no address'],
] as const;

describe('the address policy', () => {
  it.each(refused)('I7: refuses %s (%s)', (address) => {
    expect(createAddressPolicy([]).verdictOf(address)).toBe('refused');
  });

  it.each(['1.1.1.1', '93.184.216.34', '2606:4700::1111', '2a00:1450:4001::1', '::ffff:1.1.1.1'])(
    'takes %s as public',
    (address) => {
      expect(createAddressPolicy([]).verdictOf(address)).toBe('public');
    },
  );

  it('allows what the operator lists, and nothing beside it', () => {
    const { verdictOf } = createAddressPolicy(['127.0.0.1/32', '10.1.0.0/16', 'fd00::/8']);
    expect(['127.0.0.1', '10.1.2.3', 'fd00::5', '::ffff:127.0.0.1'].map(verdictOf)).toEqual(
      Array<string>(4).fill('allowed'),
    );
    expect(['127.0.0.2', '10.2.0.1', 'fe80::1', '::1', '::7f00:1'].map(verdictOf)).toEqual(
      Array<string>(5).fill('refused'),
    );
  });
});
