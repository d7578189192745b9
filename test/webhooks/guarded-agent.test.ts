import { request } from 'undici';
import { createAddressPolicy } from '../../src/webhooks/address-policy';
import {
  AddressRefusedError,
  createGuardedAgents,
  type GuardedAgents,
} from '../../src/webhooks/guarded-agent';
import { startWebhookReceiver, type WebhookReceiver } from './webhook-receiver';

let receiver: WebhookReceiver;
let agents: GuardedAgents;

beforeEach(async () => {
  receiver = await startWebhookReceiver();
});
afterEach(async () => {
  await agents.close();
  await receiver.close();
});

const open = (...allowedNetworks: string[]) => {
  agents = createGuardedAgents(createAddressPolicy(allowedNetworks));
};
const post = (url: string) =>
  request(url, { method: 'POST', body: '{}', dispatcher: agents.agentFor(new URL(url)) });

describe('the guarded connection', () => {
  // Each of these is 127.0.0.1, or metadata, in other clothes; the URL parser undresses some of them.
  it.each([
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://0.0.0.0/',
    'https://[::1]/',
    'https://[::127.0.0.1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[2002:7f00:1::]/',
    'https://169.254.169.254/latest/meta-data/',
    'https://[fe80::1]/',
    'https://10.0.0.1/',
    'http://1.1.1.1/',
    'http://127.0.0.1/',
    'ftp://1.1.1.1/',
    'file:///etc/passwd',
  ])('I7: refuses %s without asking a resolver', (url) => {
    open();
    expect(() => agents.agentFor(new URL(url))).toThrow(AddressRefusedError);
  });

  it.each(['localhost', 'LOCALHOST'])(
    'I7: refuses the name %s, which resolves to a loopback address',
    async (name) => {
      open();
      const port = new URL(receiver.url).port;
      for (const scheme of ['http', 'https']) {
        await expect(post(`${scheme}://${name}:${port}/`)).rejects.toThrow(AddressRefusedError);
      }
      expect(receiver.received).toHaveLength(0);
    },
  );

  it('I7: refuses a name where one address of several is refused', async () => {
    // `localhost` has 127.0.0.1 and, where the machine speaks it, ::1; a network that holds neither allows neither.
    open('10.0.0.0/8');
    await expect(post(receiver.url.replace('127.0.0.1', 'localhost'))).rejects.toThrow(AddressRefusedError);
  });

  it('reaches an address whose network the operator allows, by http too', async () => {
    open('127.0.0.1/32');
    await expect(post(receiver.url)).resolves.toMatchObject({ statusCode: 204 });
  });

  it('reaches a name all of whose addresses are allowed', async () => {
    open('127.0.0.0/8', '::1/128');
    await expect(post(receiver.url.replace('127.0.0.1', 'localhost'))).resolves.toMatchObject({
      statusCode: 204,
    });
  });
});
