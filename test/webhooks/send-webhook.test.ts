import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { createEncryption, type Encryption } from '../../src/database/encryption';
import { newUuid } from '../../src/database/uuid';
import type { ClaimedDelivery } from '../../src/events/channel';
import { createAddressPolicy } from '../../src/outbound/address-policy';
import { newEndpointSecret, secretPlace } from '../../src/webhooks/endpoint-secret';
import { createGuardedAgents, type GuardedAgents } from '../../src/outbound/guarded-agent';
import { createPostWebhook } from '../../src/webhooks/post-webhook';
import { createWebhookSender } from '../../src/webhooks/send-webhook';
import { WebhookEndpoint } from '../../src/webhooks/webhook-endpoint.entity';
import { type DeliveryDatabase, openDeliveryDatabase } from '../events/delivery-fixtures';
import { knownNames } from './known-names';
import { startWebhookReceiver, type WebhookReceiver } from './webhook-receiver';

/** So long that no busy machine comes to its end; tests of the end have a shorter one. */
const PATIENT_MS = 10_000;
const TIMEOUT_MS = 700;
const secret = newEndpointSecret();
const encryption: Encryption = createEncryption([{ id: 'k1', key: randomBytes(32) }]);
const payload = JSON.stringify({ type: 'user.blocked', data: { reason: 'Übergriff 🚫' } });

let store: DeliveryDatabase;
let agents: GuardedAgents;
const open: { close(): Promise<unknown> }[] = [];

beforeAll(async () => {
  store = await openDeliveryDatabase();
});
afterAll(() => store.close());
beforeEach(() => {
  agents = createGuardedAgents(createAddressPolicy(['127.0.0.1/32']));
});
afterEach(async () => {
  await agents.close();
  await Promise.all(open.splice(0).map((each) => each.close()));
});

async function endpointAt(url: string): Promise<string> {
  const id = newUuid();
  await store.database.dataSource.manager.insert(WebhookEndpoint, {
    id,
    url,
    eventTypes: '["user.blocked"]',
    description: null,
    secret: encryption.encrypt(secret, secretPlace(id)),
    enabled: true,
    createdAt: new Date(),
  });
  return id;
}

const claimed = (target: string): ClaimedDelivery => ({
  id: newUuid(),
  target,
  attempt: 1,
  event: { id: newUuid(), type: 'user.blocked', userId: 101, payload, occurredAt: new Date() },
  recipient: null,
});

/** As the worker does: what is read of the endpoint is what is sent by. */
async function send(delivery: ClaimedDelivery, timeoutMs = PATIENT_MS) {
  const post = createPostWebhook({ encryption, agents, timeoutMs });
  const sender = createWebhookSender({ post, timeoutMs });
  const statement = sender.selectReceivers([delivery.target]);
  const { rows } = statement ? await store.database.query(statement) : { rows: [] };
  return sender.send(delivery, sender.readReceivers(rows).get(delivery.target));
}

const receiver = async (...options: Parameters<typeof startWebhookReceiver>): Promise<WebhookReceiver> => {
  const started = await startWebhookReceiver(...options);
  open.push(started);
  return started;
};
const sendTo = async (...options: Parameters<typeof startWebhookReceiver>) =>
  send(claimed(await endpointAt((await receiver(...options)).url)));

/** A server that answers with bytes of ours. */
async function rawServer(onConnection: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    onConnection(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push({ close: () => new Promise((resolve) => server.close(resolve)) });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe('what a receiver gets', () => {
  it('the exact bytes of the event, signed so that the standardwebhooks library verifies them', async () => {
    const { url, received } = await receiver();
    const delivery = claimed(await endpointAt(url));
    await expect(send(delivery)).resolves.toMatchObject({ kind: 'succeeded', statusCode: 204 });
    const [webhook] = received;
    if (!webhook) throw new Error('nothing came');
    expect(webhook.body.toString('utf8')).toBe(payload);
    expect(webhook.headers['content-type']).toBe('application/json');
    expect(webhook.headers['webhook-id']).toBe(delivery.event.id);
    const headers = webhook.headers as Record<string, string>;
    expect(new Webhook(secret).verify(webhook.body, headers)).toEqual(JSON.parse(payload));
    expect(() => new Webhook(newEndpointSecret()).verify(webhook.body, headers)).toThrow();
  });

  it('I4: each attempt carries the same id, and the time of now', async () => {
    const { url, received } = await receiver();
    const delivery = claimed(await endpointAt(url));
    await send(delivery);
    await send({ ...delivery, attempt: 2 });
    expect(received.map(({ headers }) => headers['webhook-id'])).toEqual(Array(2).fill(delivery.event.id));
    for (const { headers } of received) {
      expect(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1000)).toBeLessThan(5);
    }
  });
});

describe('what comes of an answer', () => {
  it.each([200, 201, 202, 204, 299])('%i: succeeded', async (status) => {
    await expect(sendTo((response) => response.writeHead(status).end())).resolves.toMatchObject({
      kind: 'succeeded',
      statusCode: status,
      error: null,
    });
  });

  it.each([400, 401, 404, 409, 422, 429, 500, 502, 503])('%i: failed, to be tried again', async (status) => {
    await expect(sendTo((response) => response.writeHead(status).end('no'))).resolves.toMatchObject({
      kind: 'failed',
      statusCode: status,
      response: 'no',
    });
  });

  it('410: the receiver will never take it', async () => {
    const outcome = await sendTo((response) => response.writeHead(410).end());
    expect(outcome).toMatchObject({ kind: 'refused', statusCode: 410 });
  });

  it.each([301, 302, 303, 307, 308])('%i: failed, and the redirect is not followed', async (status) => {
    const elsewhere = await receiver();
    const outcome = await sendTo((response) => response.writeHead(status, { Location: elsewhere.url }).end());
    expect(outcome).toMatchObject({ kind: 'failed', statusCode: status });
    expect(elsewhere.received).toHaveLength(0);
  });

  it.each([
    ['30', 30],
    ['0', undefined],
    ['soon', undefined],
    ['-5', undefined],
  ])('Retry-After: %s is %s seconds', async (value, seconds) => {
    const outcome = await sendTo((response) => response.writeHead(503, { 'Retry-After': value }).end());
    expect(outcome.retryAfterSeconds).toBe(seconds);
  });

  it('Retry-After may be a date', async () => {
    const value = new Date(Date.now() + 60_000).toUTCString();
    const outcome = await sendTo((response) => response.writeHead(503, { 'Retry-After': value }).end());
    expect(outcome.retryAfterSeconds).toBeGreaterThan(50);
    expect(outcome.retryAfterSeconds).toBeLessThanOrEqual(60);
  });

  it('a receiver that never answers costs no more than the limit', async () => {
    const delivery = claimed(await endpointAt((await receiver(() => undefined)).url));
    const started = performance.now();
    await expect(send(delivery, TIMEOUT_MS)).resolves.toMatchObject({
      kind: 'failed',
      statusCode: null,
      error: 'the receiver took too long',
    });
    expect(performance.now() - started).toBeLessThan(TIMEOUT_MS + 1_000);
  });

  it('an answer without end is cut off and its beginning kept', async () => {
    let written = 0;
    const outcome = await sendTo((response) => {
      response.writeHead(500);
      const chunk = 'x'.repeat(16 * 1024);
      const pump = () => {
        while (!response.destroyed && response.write(chunk)) written += chunk.length;
      };
      response.on('drain', pump).on('error', () => undefined);
      pump();
    });
    expect(outcome).toMatchObject({ kind: 'failed', statusCode: 500, response: 'x'.repeat(1_000) });
    expect(written).toBeLessThan(20 * 1024 * 1024);
  });

  it.each([
    ['breaks off', (socket: Socket) => socket.destroy()],
    ['never ends', () => undefined],
  ])('I4: a 200 whose body %s was taken, and is not sent again', async (_what, then) => {
    const url = await rawServer((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nthe beginning', () => then(socket));
      });
    });
    await expect(send(claimed(await endpointAt(url)), TIMEOUT_MS)).resolves.toMatchObject({
      kind: 'succeeded',
      statusCode: 200,
    });
  });

  it.each([
    ['resets the connection', (socket: Socket) => socket.resetAndDestroy()],
    ['speaks no HTTP', (socket: Socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')],
    ['hangs up', (socket: Socket) => socket.destroy()],
  ])('a server that %s: failed, in words without addresses (I7)', async (_what, behave) => {
    const url = await rawServer((socket) => socket.once('data', () => behave(socket)));
    const outcome = await send(claimed(await endpointAt(url)));
    expect(outcome).toMatchObject({ kind: 'failed', statusCode: null });
    expect(outcome.error).not.toContain('127.0.0.1');
  });

  it('a port where nobody listens: failed, in words without addresses (I7)', async () => {
    const gone = await startWebhookReceiver();
    await gone.close();
    const outcome = await send(claimed(await endpointAt(gone.url)));
    expect(outcome).toMatchObject({ kind: 'failed', error: 'the request failed (ECONNREFUSED)' });
  });

  it('I7: an address that is refused is not connected to', async () => {
    const { url, received } = await receiver();
    await agents.close();
    agents = createGuardedAgents(createAddressPolicy([], knownNames({ localhost: ['127.0.0.1'] })));
    for (const target of [url, url.replace('127.0.0.1', 'localhost')]) {
      await expect(send(claimed(await endpointAt(target)))).resolves.toMatchObject({
        kind: 'failed',
        error: 'the address is not public, and its network is not allowed',
      });
    }
    expect(received).toHaveLength(0);
  });

  it('an endpoint that is not there any more: gone', async () => {
    await expect(send(claimed(newUuid()))).resolves.toMatchObject({ kind: 'gone' });
  });
});
