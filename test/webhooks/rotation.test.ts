import { Webhook } from 'standardwebhooks';
import { newUuid } from '../../src/database/uuid';
import { createAddressPolicy } from '../../src/outbound/address-policy';
import { newEndpointSecret } from '../../src/webhooks/endpoint-secret';
import { findWebhookEndpoint } from '../../src/webhooks/find-webhook-endpoints';
import { createGuardedAgents } from '../../src/outbound/guarded-agent';
import { createPostWebhook } from '../../src/webhooks/post-webhook';
import { createRotateWebhookSecret } from '../../src/webhooks/rotate-webhook-secret';
import { WebhookEndpoint } from '../../src/webhooks/webhook-endpoint.entity';
import { type DeliveryDatabase, openDeliveryDatabase } from '../events/delivery-fixtures';
import { signingEndpoint, newEncryption } from './support/signing-endpoint';
import { startWebhookReceiver, type ReceivedWebhook, type WebhookReceiver } from './webhook-receiver';

const actor = { subject: 'admin', clientId: 'admin', requestId: 'r1' };
const encryption = newEncryption();

let store: DeliveryDatabase;
let receiver: WebhookReceiver;
beforeAll(async () => {
  store = await openDeliveryDatabase();
  receiver = await startWebhookReceiver();
});
afterAll(async () => {
  await receiver.close();
  await store.close();
});

const verifies = (secret: string, { body, headers }: ReceivedWebhook): boolean => {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
};

it('a rotation in mid-flight: no webhook comes that a receiver with the old secret or with the new could not verify', async () => {
  const old = newEndpointSecret();
  const endpoint = signingEndpoint(encryption, [old], { url: receiver.url });
  await store.database.dataSource.manager.insert(WebhookEndpoint, { ...endpoint });
  const agents = createGuardedAgents(createAddressPolicy(['127.0.0.1/32']));
  const post = createPostWebhook({ encryption, agents, timeoutMs: 5_000 });
  const rotate = createRotateWebhookSecret(store.database, encryption);
  const send = async () => {
    const row = await findWebhookEndpoint(store.database, endpoint.id);
    if (row) await post(row, { id: newUuid(), type: 'user.blocked', payload: '{}' });
  };
  const sendMany = (count: number) => Promise.all(Array.from({ length: count }, send));

  await sendMany(5);
  const [, { secret: fresh }] = await Promise.all([
    sendMany(50),
    rotate({ endpointId: endpoint.id, actor, overlap: 60 }),
  ]);
  await sendMany(5);
  // Each was signed by one secret or by both; whoever still has the old one misses nothing.
  expect(receiver.received).toHaveLength(60);
  expect(receiver.received.filter((webhook) => !verifies(old, webhook))).toEqual([]);
  expect(receiver.received.slice(-5).filter((webhook) => !verifies(fresh, webhook))).toEqual([]);

  // A second rotation within the overlap: the two newest sign, the oldest no more.
  const { secret: newest } = await rotate({ endpointId: endpoint.id, actor, overlap: 60 });
  await sendMany(1);
  const [last] = receiver.received.slice(-1);
  const signs = [old, fresh, newest].map((secret) => last && verifies(secret, last));
  expect(signs).toEqual([false, true, true]);
  await agents.close();
});
