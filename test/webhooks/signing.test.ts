import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { newUuid } from '../../src/database/uuid';
import { createAddressPolicy } from '../../src/outbound/address-policy';
import { sealHeaders } from '../../src/webhooks/endpoint-headers';
import { newEndpointSecret, publicKeys } from '../../src/webhooks/endpoint-secret';
import { createGuardedAgents, type GuardedAgents } from '../../src/outbound/guarded-agent';
import { createPostWebhook, type PostWebhook } from '../../src/webhooks/post-webhook';
import type { WebhookEndpoint } from '../../src/webhooks/webhook-endpoint.entity';
import { signingEndpoint, newEncryption } from './support/signing-endpoint';
import { type ReceivedWebhook, startWebhookReceiver, type WebhookReceiver } from './webhook-receiver';

type Scheme = WebhookEndpoint['signature'];

const encryption = newEncryption();
const payload = JSON.stringify({
  type: 'user.blocked',
  timestamp: '2026-11-21T11:25:19.853Z',
  data: { userId: 101, reason: 'Übergriff 🚫' },
});

let receiver: WebhookReceiver;
let agents: GuardedAgents;
let post: PostWebhook;
beforeAll(async () => {
  receiver = await startWebhookReceiver();
  agents = createGuardedAgents(createAddressPolicy(['127.0.0.1/32']));
  post = createPostWebhook({ encryption, agents, timeoutMs: 5_000 });
});
beforeEach(() => {
  receiver.received.length = 0;
});
afterAll(async () => {
  await agents.close();
  await receiver.close();
});

/** Sends to an endpoint that signs with these secrets, and answers what came. */
async function send(secrets: string[], more: Partial<WebhookEndpoint> = {}) {
  const endpoint = signingEndpoint(encryption, secrets, { url: receiver.url, ...more });
  const outcome = await post(endpoint, { id: newUuid(), type: 'user.blocked', payload });
  const [webhook] = receiver.received;
  if (!webhook) throw new Error(`nothing came: ${outcome.error}`);
  return { endpoint, outcome, webhook };
}

const headerOf = ({ headers }: ReceivedWebhook, name: string): string => String(headers[name] ?? '');

/** Asks openssl, which shares nothing with what signs. */
function isVerified(scheme: Scheme, key: string, webhook: ReceivedWebhook): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'webhook-'));
  const file = join(directory, 'body');
  writeFileSync(file, webhook.body);
  const signatures = headerOf(webhook, scheme === 'guardhouse' ? 'x-hub-signature' : 'webhook-signature');
  const [id, time] = ['webhook-id', 'webhook-timestamp'].map((name) => headerOf(webhook, name));
  const script = join(__dirname, 'support/verify-webhook.sh');
  const { status, stderr } = spawnSync(script, [scheme, key, id ?? '', time ?? '', signatures, file]);
  rmSync(directory, { recursive: true });
  if (status !== 0 && status !== 1) throw new Error(String(stderr));
  return status === 0;
}

/** Node and npm are enough to run the tests; CI installs openssl. */
const itWithOpenssl = spawnSync('openssl', ['version']).status === 0 ? it : it.skip;

/** What verifies the signature of a secret: itself, or the public key that belongs to it. */
const verifierOf = (scheme: Scheme, secret: string): string =>
  publicKeys(encryption, signingEndpoint(encryption, [secret], { signature: scheme }), new Date())[0] ??
  secret;

describe.each<Scheme>(['v1', 'v1a', 'guardhouse'])('a webhook signed by %s', (signature) => {
  const [newer, older] = [newEndpointSecret(signature), newEndpointSecret(signature)];

  itWithOpenssl('is verified by openssl, with its own secret alone', async () => {
    const { webhook } = await send([newer], { signature });
    expect(isVerified(signature, verifierOf(signature, newer), webhook)).toBe(true);
    expect(isVerified(signature, verifierOf(signature, older), webhook)).toBe(false);
  });

  itWithOpenssl('is not verified where one byte of its body is another (needs openssl)', async () => {
    const { webhook } = await send([newer], { signature });
    const altered = Buffer.from(webhook.body);
    altered[10] = (altered[10] ?? 0) ^ 1;
    expect(isVerified(signature, verifierOf(signature, newer), { ...webhook, body: altered })).toBe(false);
  });

  itWithOpenssl(
    'is verified with either secret in mid-rotation, and then with the new one alone (needs openssl)',
    async () => {
      const { webhook } = await send([newer, older], { signature });
      for (const secret of [newer, older]) {
        expect(isVerified(signature, verifierOf(signature, secret), webhook)).toBe(true);
      }
      receiver.received.length = 0;
      const { webhook: later } = await send([newer, older], { signature, previousSecretUntil: new Date() });
      expect(isVerified(signature, verifierOf(signature, newer), later)).toBe(true);
      expect(isVerified(signature, verifierOf(signature, older), later)).toBe(false);
    },
  );

  it('I7: shows neither its signature nor the values of its headers to whoever looks at the attempt', async () => {
    const id = newUuid();
    const headers = sealHeaders(encryption, id, [{ name: 'X-Api-Key', value: 's3cr3t' }]);
    const { webhook, outcome } = await send([newer], { id, signature, headers });
    expect(headerOf(webhook, 'x-api-key')).toBe('s3cr3t');
    const shown = outcome.requestHeaders ?? {};
    expect(shown['webhook-id']).toBe(headerOf(webhook, 'webhook-id'));
    const name = signature === 'guardhouse' ? 'x-hub-signature' : 'webhook-signature';
    expect([shown['X-Api-Key'], shown[name]]).toEqual(['[hidden]', '[hidden]']);
    expect(JSON.stringify(shown)).not.toContain('s3cr3t');
  });
});

describe('Standard Webhooks', () => {
  it('the library verifies with either secret in the middle of a rotation', async () => {
    const secrets = [newEndpointSecret(), newEndpointSecret()];
    const { webhook } = await send(secrets);
    expect(headerOf(webhook, 'webhook-signature')).toMatch(/^v1,\S{44} v1,\S{44}$/);
    for (const secret of secrets) {
      const verified = new Webhook(secret).verify(webhook.body, webhook.headers as Record<string, string>);
      expect(verified).toEqual(JSON.parse(payload));
    }
  });

  it('v1a: a private key is as RFC 8032 has it, and so is the public key that belongs to it', async () => {
    // Section 7.1, test 1.
    const key = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
    const publicKey = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
    const secret = `whsk_${Buffer.from(key, 'hex').toString('base64')}`;
    expect(verifierOf('v1a', secret)).toBe(`whpk_${Buffer.from(publicKey, 'hex').toString('base64')}`);
    const { webhook } = await send([secret], { signature: 'v1a' });
    expect(headerOf(webhook, 'webhook-signature')).toMatch(/^v1a,\S{88}$/);
  });
});

describe('Guardhouse', () => {
  it('signs under the text of the secret, in a header of its own, with the time of the attempt', async () => {
    const secret = 'a-secret-that-guardhouse-gave-out';
    const { webhook } = await send([secret], { signature: 'guardhouse' });
    const signed = `${/^t=(\d+),/.exec(headerOf(webhook, 'x-hub-signature'))?.[1]}.${webhook.body.toString('utf8')}`;
    expect(headerOf(webhook, 'x-hub-signature')).toContain(
      `v1=${createHmac('sha256', secret).update(signed).digest('hex')}`,
    );
    expect(webhook.headers).not.toHaveProperty('webhook-signature');
    const time = Number(/^t=(\d+),/.exec(headerOf(webhook, 'x-hub-signature'))?.[1]);
    expect(Math.abs(time - Date.now() / 1000)).toBeLessThan(5);
    expect(JSON.parse(webhook.body.toString('utf8'))).toMatchObject({ EventType: 1001, Timestamp: time });
  });
});
