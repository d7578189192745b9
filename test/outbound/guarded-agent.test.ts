import { request } from 'undici';
import { createAddressPolicy } from '../../src/outbound/address-policy';
import { checkDestination } from '../../src/outbound/check-destination';
import { endpointAddress } from '../../src/webhooks/webhooks.errors';
import {
  AddressRefusedError,
  createGuardedAgents,
  type GuardedAgents,
} from '../../src/outbound/guarded-agent';
import type { ResolveName } from '../../src/outbound/resolve-name';
import { knownNames } from '../webhooks/known-names';
import { startWebhookReceiver, type WebhookReceiver } from '../webhooks/webhook-receiver';

let receiver: WebhookReceiver;
let agents: GuardedAgents;

beforeEach(async () => {
  receiver = await startWebhookReceiver();
});
afterEach(async () => {
  await agents.close();
  await receiver.close();
});

const open = (allowedNetworks: string[], resolve?: ResolveName) => {
  agents = createGuardedAgents(createAddressPolicy(allowedNetworks, resolve));
};
const post = async (url: string) =>
  request(url, { method: 'POST', body: '{}', dispatcher: agents.agentFor(url) });
const named = (name: string) => receiver.url.replace('127.0.0.1', name);

// What is refused, and how it is spelled, is the table of hostile-urls.test.ts.
describe('the guarded connection', () => {
  it('reaches an address whose network the operator allows, by http too', async () => {
    open(['127.0.0.1/32']);
    await expect(post(receiver.url)).resolves.toMatchObject({ statusCode: 204 });
  });

  it('reaches a name all of whose addresses are allowed', async () => {
    open(['127.0.0.0/8', '::1/128'], knownNames({ receiver: ['127.0.0.1', '::1'] }));
    await expect(post(named('receiver'))).resolves.toMatchObject({ statusCode: 204 });
  });

  it('I7: makes no connection to a name of whose addresses one is refused', async () => {
    open(['127.0.0.1/32'], knownNames({ receiver: ['127.0.0.1', '127.0.0.2'] }));
    await expect(post(named('receiver'))).rejects.toThrow(AddressRefusedError);
    expect(receiver.received).toHaveLength(0);
  });

  it('I7: a name that answers another address to each question (DNS rebinding) leads nowhere else', async () => {
    const answers = [['93.184.215.14'], ['127.0.0.1']];
    const rebinding = knownNames({ 'rebinding.example.com': () => answers.shift() ?? ['127.0.0.1'] });
    const policy = createAddressPolicy([], rebinding);
    agents = createGuardedAgents(policy);
    const url = named('rebinding.example.com').replace('http:', 'https:');
    await expect(checkDestination(url, policy, endpointAddress)).resolves.toBeInstanceOf(URL);
    await expect(post(url)).rejects.toThrow(AddressRefusedError);
    expect(receiver.received).toHaveLength(0);
  });

  it('I7: connects to the address that was judged, and asks for it once', async () => {
    const answers = [['127.0.0.1'], ['127.0.0.2']];
    const asked: string[][] = [];
    const rebinding = knownNames({
      receiver: () => {
        const answer = answers.shift() ?? [];
        asked.push(answer);
        return answer;
      },
    });
    open(['127.0.0.1/32'], rebinding);
    await expect(post(named('receiver'))).resolves.toMatchObject({ statusCode: 204 });
    expect(asked).toEqual([['127.0.0.1']]);
  });

  it('I7: asks no proxy that the environment names', async () => {
    const proxy = await startWebhookReceiver();
    const names = [
      'http_proxy',
      'HTTP_PROXY',
      'https_proxy',
      'HTTPS_PROXY',
      'ALL_PROXY',
      'NODE_USE_ENV_PROXY',
    ];
    const before = names.map((name) => process.env[name]);
    try {
      for (const name of names) process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : proxy.url;
      open(['127.0.0.1/32']);
      await expect(post(receiver.url)).resolves.toMatchObject({ statusCode: 204 });
    } finally {
      names.forEach((name, at) => {
        if (before[at] === undefined) delete process.env[name];
        else process.env[name] = before[at];
      });
      await proxy.close();
    }
    expect([proxy.received.length, receiver.received.length]).toEqual([0, 1]);
  });
});
