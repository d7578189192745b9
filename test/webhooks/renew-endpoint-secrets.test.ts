import { randomBytes } from 'node:crypto';
import pino from 'pino';
import { Webhook } from 'standardwebhooks';
import type { EncryptionKey } from '../../src/config-values';
import { createEncryption } from '../../src/database/encryption';
import { newUuid } from '../../src/database/uuid';
import { createAddressPolicy } from '../../src/outbound/address-policy';
import { sealHeaders } from '../../src/webhooks/endpoint-headers';
import { newEndpointSecret } from '../../src/webhooks/endpoint-secret';
import { findWebhookEndpoint } from '../../src/webhooks/find-webhook-endpoints';
import { createGuardedAgents } from '../../src/outbound/guarded-agent';
import { createPostWebhook } from '../../src/webhooks/post-webhook';
import { createRenewalRounds } from '../../src/webhooks/renew-endpoint-secrets';
import { WebhookEndpoint } from '../../src/webhooks/webhook-endpoint.entity';
import { type DeliveryDatabase, openDeliveryDatabase } from '../events/delivery-fixtures';
import { signingEndpoint } from './support/signing-endpoint';
import { startWebhookReceiver } from './webhook-receiver';

// Ids that LIKE would take for each other.
const [older, newer, lost] = ['k_1', 'k-1', 'gone'].map((id): EncryptionKey => ({
  id,
  key: randomBytes(32),
}));
const under = (...keys: (EncryptionKey | undefined)[]) =>
  createEncryption(keys.filter((key) => key !== undefined));
const log = pino({ level: 'silent' });

let store: DeliveryDatabase;
beforeEach(async () => {
  store = await openDeliveryDatabase();
});
afterEach(() => store.close());

const insert = async (endpoint: WebhookEndpoint): Promise<string> => {
  await store.database.dataSource.manager.insert(WebhookEndpoint, { ...endpoint });
  return endpoint.id;
};
const stored = async (id: string): Promise<WebhookEndpoint> => {
  const endpoint = await findWebhookEndpoint(store.database, id);
  if (!endpoint) throw new Error(`there is no endpoint ${id}`);
  return endpoint;
};

/** All rounds until nothing is left to do. */
async function renewAll(encryption = under(newer, older)): Promise<void> {
  const round = createRenewalRounds(store.database, encryption, log);
  while ((await round()) < 600_000);
}

describe('a new key in ENCRYPTION_KEYS', () => {
  it('once the worker has taken the endpoints over, the older key can go: both secrets sign, headers are sent', async () => {
    const receiver = await startWebhookReceiver();
    const secrets = [newEndpointSecret(), newEndpointSecret()];
    const id = newUuid();
    const headers = sealHeaders(under(older), id, [{ name: 'X-Api-Key', value: 's3cr3t' }]);
    await insert(signingEndpoint(under(older), secrets, { id, url: receiver.url, headers }));
    await renewAll();

    const agents = createGuardedAgents(createAddressPolicy(['127.0.0.1/32']));
    const post = createPostWebhook({ encryption: under(newer), agents, timeoutMs: 5_000 });
    await post(await stored(id), { id: newUuid(), type: 'user.blocked', payload: '{}' });
    await agents.close();
    await receiver.close();
    const [webhook] = receiver.received;
    for (const secret of secrets) {
      new Webhook(secret).verify(webhook?.body.toString() ?? '', webhook?.headers as Record<string, string>);
    }
    expect(webhook?.headers['x-api-key']).toBe('s3cr3t');
  });

  it('takes over as many as there are, and writes what is under the current key no more', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 120; count++) ids.push(await insert(signingEndpoint(under(older))));
    await renewAll();
    const first = await Promise.all(ids.map(stored));
    expect(first.filter(({ secret }) => !secret.startsWith('k-1.'))).toEqual([]);
    // It is no change that somebody made: who has read the endpoint may still change it.
    expect(first.filter(({ version, updatedAt }) => version !== 1 || updatedAt !== null)).toEqual([]);
    await renewAll();
    expect(await Promise.all(ids.map(stored))).toEqual(first);
  });

  it('drops a secret whose overlap is over, and keeps one that still signs', async () => {
    const [over, signing] = await Promise.all(
      [-1_000, 60_000].map((ms) => {
        const previousSecretUntil = new Date(Date.now() + ms);
        const secrets = [newEndpointSecret(), newEndpointSecret()];
        return insert(signingEndpoint(under(newer), secrets, { previousSecretUntil }));
      }),
    );
    await renewAll();
    expect(await stored(over ?? '')).toMatchObject({ previousSecret: null, previousSecretUntil: null });
    expect((await stored(signing ?? '')).previousSecret).not.toBeNull();
  });

  it('an endpoint whose key is lost holds up no other', async () => {
    const broken = await insert(signingEndpoint(under(lost), [], { id: `00000000${newUuid().slice(8)}` }));
    const sound = await insert(signingEndpoint(under(older)));
    await renewAll();
    expect((await stored(broken)).secret).toMatch(/^gone\./);
    expect((await stored(sound)).secret).toMatch(/^k-1\./);
  });

  it('two workers at once do no harm', async () => {
    const secret = newEndpointSecret();
    const id = await insert(signingEndpoint(under(older), [secret]));
    await Promise.all([renewAll(), renewAll()]);
    const endpoint = await stored(id);
    expect(under(newer).decrypt(endpoint.secret, { table: 'webhook_endpoints', rowId: id })).toBe(secret);
  });
});
