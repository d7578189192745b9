import { request } from 'undici';
import { createAddressPolicy } from '../../src/outbound/address-policy';
import { checkDestination } from '../../src/outbound/check-destination';
import { endpointAddress } from '../../src/webhooks/webhooks.errors';
import { AddressRefusedError, createGuardedAgents } from '../../src/outbound/guarded-agent';
import { NameError } from '../../src/outbound/resolve-name';
import { knownNames } from './known-names';

const PUBLIC = '93.184.215.14';
const OPERATORS = '10.20.0.0/16';

/** What an attacker's name servers answer, and two honest ones. */
const resolve = knownNames({
  'hooks.example.com': [PUBLIC, '2606:2800:21f:cb07:6820:80da:af6b:8b2c'],
  'receiver.internal': ['10.20.1.2'],
  '127.0.0.1.nip.io': ['127.0.0.1'],
  'loopback.example.com': ['127.0.0.1'],
  'loopback6.example.com': ['::1'],
  'mapped.example.com': ['::ffff:169.254.169.254'],
  'metadata.google.internal': ['169.254.169.254'],
  'private.example.com': ['192.168.0.10'],
  // A CNAME to a name inside ends in that name's address.
  'cname-to-database.example.com': ['10.0.0.5'],
  'mixed.example.com': [PUBLIC, '127.0.0.1'],
  'mixed6.example.com': [PUBLIC, 'fd00::1'],
  'half-allowed.example.com': ['10.20.1.2', '10.21.1.2'],
  'public-and-allowed.example.com': [PUBLIC, '10.20.1.2'],
  'nat64.example.com': ['64:ff9b::a00:1'],
  localhost: ['127.0.0.1', '::1'],
  nothing: ['0.0.0.0'],
});

const policy = createAddressPolicy([OPERATORS], resolve);

const hostile: Record<string, string[]> = {
  'loopback, private and other networks inside': [
    'https://127.0.0.1/',
    'https://127.255.255.254/',
    'https://0.0.0.0/',
    'https://10.0.0.1/',
    'https://172.16.0.1/',
    'https://192.168.1.1/',
    'https://100.64.0.1/',
    'https://198.18.0.1/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'https://[::1]/',
    'https://[::]/',
    'https://[fe80::1]/',
    'https://[fc00::1]/',
    'https://[ff02::1]/',
    'https://[::ffff:7f00:1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[2002:7f00:1::]/',
    'https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/',
  ],
  'metadata of the clouds': [
    'https://169.254.169.254/latest/meta-data/',
    'https://[fd00:ec2::254]/latest/meta-data/',
    'https://100.100.100.200/latest/meta-data/',
    'https://192.0.0.192/opc/v2/instance/',
    'https://168.63.129.16/machine',
    'https://[::ffff:a9fe:a9fe]/',
    'https://metadata.google.internal/computeMetadata/v1/',
  ],
  'an IPv4 address in other clothes, though it be a public one': [
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0x7f.0x0.0x0.0x1/',
    'https://017700000001/',
    'https://0177.0.0.1/',
    'https://127.1/',
    'https://127.0.1/',
    'https://0/',
    'https://127.0.0.1./',
    'https://1572395790/',
    'https://0x5db8d70e/',
    'https://93.184.55054/',
    'https://093.184.215.14/',
    'https://93.184.215.14./',
  ],
  'an IPv6 address in other clothes': [
    'https://[::127.0.0.1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[0:0:0:0:0:0:0:1]/',
    'https://[0000::1]/',
    'https://[2606:4700:0:0:0:0:0:1111]/',
    'https://[2606:4700::0001]/',
    'https://[fe80::1%25eth0]/',
    'https://[fe80::1%eth0]/',
    'https://[::1',
  ],
  'a host behind something that looks like one': [
    'https://hooks.example.com@127.0.0.1/',
    'https://hooks.example.com:443@127.0.0.1/',
    'https://user:password@hooks.example.com/',
    'https://user@hooks.example.com/',
    'https://@hooks.example.com/',
    'https://:@hooks.example.com/',
    'https://hooks.example.com%40127.0.0.1/',
    'https://127.0.0.1\\@hooks.example.com/',
    'https://hooks.example.com\\@127.0.0.1/',
    'https://127.0.0.1#@hooks.example.com/',
    'https://hooks.example.com#@127.0.0.1/',
    'https://hooks.example.com/#fragment',
    'https://hooks.example.com/\\..\\',
  ],
  'a host that is written oddly': [
    'https://hooks.example.com./',
    'https://hooks.example.com../',
    'https://.hooks.example.com/',
    'https://hooks..example.com/',
    'https://hooks%2eexample%2ecom/',
    'https://%68ooks.example.com/',
    'https://%31%32%37.0.0.1/',
    'https://hooks。example。com/',
    'https://①②⑦.⓪.⓪.①/',
    'https://hооks.example.com/',
    'https://xn--hks-tbcb.example.com/',
    'https://XN--hks-tbcb.example.com/',
    'https://hooks.xn--p1ai/',
    'https://ho\u00adoks.example.com/',
    'https://hooks.example.com\u200b/',
    'https://hooks_.example.com/',
    'https://-hooks.example.com/',
    'https://ho!oks.example.com/',
    `https://${'a'.repeat(64)}.example.com/`,
    `https://${'a.'.repeat(127)}com/`,
  ],
  'blanks and line breaks, which a parser drops': [
    ' https://hooks.example.com/',
    'https://hooks.example.com/ ',
    'https://127.0.\t0.1/',
    'ht\ntps://127.0.0.1/',
    'https://hooks.exa\r\nmple.com/',
    'https://hooks.example.com/a b',
    'https://hooks.example.com/\u0000',
    'https://hooks.example.com/\u007f',
  ],
  'slashes and ports that lead astray': [
    'https:/hooks.example.com/',
    'https:hooks.example.com/',
    'https:///hooks.example.com/',
    'https:\\\\hooks.example.com/',
    'https://',
    'https://?hooks.example.com',
    'https://hooks.example.com:0/',
    'https://hooks.example.com:/',
    'https://hooks.example.com:0443/',
    'https://hooks.example.com:65536/',
    'https://hooks.example.com:-1/',
    'https://hooks.example.com:443:80/',
  ],
  'schemes other than https': [
    'http://hooks.example.com/',
    `http://${PUBLIC}/`,
    'http://127.0.0.1/',
    'http://localhost/',
    'http://public-and-allowed.example.com/',
    'ftp://hooks.example.com/',
    'file:///etc/passwd',
    'gopher://127.0.0.1:6379/_FLUSHALL',
    'data:text/plain,hello',
    'javascript:alert(1)',
    '//hooks.example.com/',
    'hooks.example.com',
    '',
    'not a url',
  ],
  'names that lead inside': [
    'https://localhost/',
    'https://LOCALHOST/',
    'https://nothing/',
    'https://127.0.0.1.nip.io/',
    'https://loopback.example.com/',
    'https://loopback6.example.com/',
    'https://mapped.example.com/',
    'https://private.example.com/',
    'https://cname-to-database.example.com/',
    'https://mixed.example.com/',
    'https://mixed6.example.com/',
    'https://half-allowed.example.com/',
    'https://nat64.example.com/',
  ],
  'too much': [`https://hooks.example.com/${'a'.repeat(2_048)}`],
};

const good = [
  'https://hooks.example.com',
  'https://hooks.example.com/',
  'https://hooks.example.com/portcullis?tenant=7&x=%20y',
  'https://HOOKS.Example.com/Path',
  'HTTPS://hooks.example.com/',
  'https://hooks.example.com:8443/hook',
  'https://hooks.example.com:443/hook',
  `https://${PUBLIC}/hook`,
  'https://[2606:4700::1111]/hook',
  'https://[2606:4700::ABCD]:8443/hook',
  'https://public-and-allowed.example.com/',
  'https://receiver.internal/hook',
  'http://receiver.internal:8080/hook',
  'http://10.20.0.1/hook',
];

const cases = Object.entries(hostile).flatMap(([kind, urls]) => urls.map((url) => [kind, url] as const));

describe('I7: no webhook leads into the network of the service', () => {
  const agents = createGuardedAgents(policy);
  afterAll(() => agents.close());

  it.each(cases)('%s: %j is refused at registration', async (_kind, url) => {
    await expect(checkDestination(url, policy, endpointAddress)).rejects.toMatchObject({
      code: 'webhook_endpoint.address_refused',
      options: { fields: [{ pointer: '/body/url' }] },
    });
  });

  it.each(cases)('%s: %j is refused again when something is sent', async (_kind, url) => {
    const send = async () => request(url, { method: 'POST', body: '{}', dispatcher: agents.agentFor(url) });
    await expect(send()).rejects.toThrow(AddressRefusedError);
  });

  it.each(good)('%j is taken at registration and by the sender', async (url) => {
    await expect(checkDestination(url, policy, endpointAddress)).resolves.toEqual(new URL(url));
    expect(() => agents.agentFor(url)).not.toThrow();
  });

  it('the table holds what the guarantee was promised for', () => {
    expect(new Set(cases.map(([, url]) => url)).size).toBe(cases.length);
    expect(cases.length).toBeGreaterThanOrEqual(60);
  });
});

describe('a name that cannot be judged', () => {
  const check = (code: NameError['code']) =>
    checkDestination(
      'https://hooks.example.com/',
      createAddressPolicy([], () => Promise.reject(new NameError(code))),
      endpointAddress,
    );

  it('is refused at registration where it does not resolve', async () => {
    await expect(check('ENOTFOUND')).rejects.toMatchObject({ code: 'webhook_endpoint.address_refused' });
  });

  it('is neither taken nor refused where no name server answers', async () => {
    await expect(check('EAI_AGAIN')).rejects.toMatchObject({
      code: 'webhook_endpoint.resolver_unavailable',
      options: { retryAfterSeconds: 5 },
    });
  });
});
