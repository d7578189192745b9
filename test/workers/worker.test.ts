import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { Webhook } from 'standardwebhooks';
import { loadConfig } from '../../src/config';
import { createEncryption } from '../../src/database/encryption';
import { sql } from '../../src/database/sql';
import { newUuid, Uuid } from '../../src/database/uuid';
import { createCreateUser } from '../../src/users/create-user';
import { newEndpointSecret, secretPlace } from '../../src/webhooks/endpoint-secret';
import { WebhookEndpoint } from '../../src/webhooks/webhook-endpoint.entity';
import {
  type DeliveryDatabase,
  eventually,
  openDeliveryDatabase,
  seedDelivery,
  storedAttempts,
  storedDelivery,
} from '../events/delivery-fixtures';
import { forgetQueues } from '../queues/forget-queues';
import { startWebhookReceiver, type WebhookReceiver } from '../webhooks/webhook-receiver';
import { newWorkerSetting, startWorker, type WorkerProcess, type WorkerSetting } from './worker-process';

jest.setTimeout(60_000);

const secret = newEndpointSecret();
let store: DeliveryDatabase;
let smtp: SMTPServer;
let mails: string[];
let setting: WorkerSetting;
let receiver: WebhookReceiver;
let workers: WorkerProcess[];
let answer: (response: ServerResponse) => void;

beforeEach(async () => {
  store = await openDeliveryDatabase();
  mails = [];
  smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, session, callback) {
      stream.resume().on('end', () => {
        mails.push(...session.envelope.rcptTo.map(({ address }) => address));
        callback();
      });
    },
  });
  // A worker that is killed cuts its connections.
  smtp.on('error', () => undefined);
  smtp.listen(0, '127.0.0.1');
  await once(smtp.server, 'listening');
  const smtpUrl = `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}`;
  setting = newWorkerSetting(store.url, smtpUrl);
  answer = (response) => response.writeHead(204).end();
  receiver = await startWebhookReceiver((response) => answer(response));
  workers = [];
});
afterEach(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  await Promise.all(workers.map(({ exited }) => exited));
  await new Promise<void>((resolve) => smtp.close(() => resolve()));
  await receiver.close();
  await store.close();
  await forgetQueues(setting.queuePrefix);
});

const start = async (more: NodeJS.ProcessEnv = {}) => {
  const worker = await startWorker(setting, more);
  workers.push(worker);
  return worker;
};

async function endpoint(): Promise<string> {
  const id = newUuid();
  const { ENCRYPTION_KEYS } = loadConfig('worker', {
    DATABASE_URL: 'postgres://x',
    ENCRYPTION_KEYS: setting.encryptionKeys,
    AUDIT_KEY: setting.auditKey,
    PUBLIC_URL: 'https://portcullis.test',
    ISSUER: 'https://id.test',
    SMTP_URL: setting.smtpUrl,
    MAIL_FROM: 'no-reply@example.com',
  });
  await store.database.dataSource.manager.insert(WebhookEndpoint, {
    id,
    url: receiver.url,
    eventTypes: '["user.blocked"]',
    description: null,
    secret: createEncryption(ENCRYPTION_KEYS).encrypt(secret, secretPlace(id)),
    enabled: true,
    createdAt: new Date(),
  });
  return id;
}

async function ada(): Promise<number> {
  const actor = { subject: 'test', clientId: null, requestId: null };
  const user = { email: 'ada@example.org', firstName: 'Ada' };
  return (await createCreateUser(store.database)(user, actor)).id;
}

const state = async (id: string, wanted: string) =>
  (await storedDelivery(store.database, id)).state === wanted ? true : null;
const webhookIds = () => receiver.received.map(({ headers }) => headers['webhook-id']);

describe('the worker process', () => {
  it('delivers what is due by webhook and by e-mail, and answers its probes', async () => {
    const hook = await seedDelivery(store.database, { target: await endpoint() });
    const userId = await ada();
    const mail = await seedDelivery(store.database, { channel: 'email', target: String(userId), userId });
    const worker = await start();
    await eventually(() => state(hook.deliveryId, 'delivered'), 'the webhook');
    await eventually(() => state(mail.deliveryId, 'delivered'), 'the e-mail');
    expect(mails).toEqual(['ada@example.org']);
    const [webhook] = receiver.received;
    new Webhook(secret).verify(webhook?.body ?? '', webhook?.headers as Record<string, string>);

    expect((await fetch(`${worker.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${worker.url}/readyz`)).status).toBe(200);
    const metrics = await (await fetch(`${worker.url}/metrics`)).text();
    expect(metrics).toMatch(
      /portcullis_delivery_attempt_duration_seconds_count\{[^}]*channel="webhook"[^}]*\} 1/,
    );
    expect(metrics).toMatch(/portcullis_deliveries_relayed_total 2/);
    const lines = worker.lines.filter(({ msg }) => msg === 'attempt');
    expect(lines).toHaveLength(2);
    expect(JSON.stringify(worker.lines)).not.toMatch(/ada@example\.org|Übergriff|whsec_/);
  });

  it('ends at once where its configuration is not usable, though the database is there', async () => {
    const worker = await start({ MAIL_TEMPLATES: '/nowhere' });
    await expect(worker.exited).resolves.toEqual({ code: 1, signal: null });
  });

  it('SIGTERM: ends the work under way, takes no more, and exits with 0', async () => {
    const { deliveryId } = await seedDelivery(store.database, { target: await endpoint() });
    let finish: () => void = () => undefined;
    answer = (response) => (finish = () => response.writeHead(204).end());
    const worker = await start();
    await eventually(() => (receiver.received.length === 1 ? true : null), 'the webhook');
    worker.kill('SIGTERM');
    await eventually(() => (worker.lines.some(({ msg }) => msg === 'draining') ? true : null), 'draining');
    finish();
    await expect(worker.exited).resolves.toEqual({ code: 0, signal: null });
    expect(await storedDelivery(store.database, deliveryId)).toMatchObject({ state: 'delivered' });
  });

  it('SIGTERM: what does not end in time keeps its lease, and the process exits with 0', async () => {
    const { deliveryId } = await seedDelivery(store.database, { target: await endpoint() });
    answer = () => undefined;
    const worker = await start({ SHUTDOWN_TIMEOUT: '1' });
    await eventually(() => (receiver.received.length === 1 ? true : null), 'the webhook');
    worker.kill('SIGTERM');
    await expect(worker.exited).resolves.toEqual({ code: 0, signal: null });
    const left = await storedDelivery(store.database, deliveryId);
    expect(left).toMatchObject({ state: 'pending', attempts: 1 });
    expect(left.leaseUntil).not.toBeNull();
  });

  it('I4: kill -9 between sending and recording: another worker sends again, with the same id', async () => {
    const { deliveryId, eventId } = await seedDelivery(store.database, { target: await endpoint() });
    answer = () => undefined;
    const first = await start();
    await eventually(() => (receiver.received.length === 1 ? true : null), 'the first webhook');
    first.kill('SIGKILL');
    await first.exited;
    answer = (response) => response.writeHead(204).end();
    // The lease of the dead and the mark of the queue run out: half a minute, which the test does not wait for.
    const past = new Date(Date.now() - 60_000);
    await store.database.query(sql`UPDATE deliveries SET lease_until = ${past}, enqueued_at = ${past}
      WHERE id = ${new Uuid(deliveryId)}`);
    await start();
    await eventually(() => state(deliveryId, 'delivered'), 'the second webhook');
    expect(webhookIds()).toEqual([eventId, eventId]);
    expect(await storedAttempts(store.database, deliveryId)).toMatchObject([
      { number: 2, outcome: 'succeeded' },
    ]);
  });

  it('I4: several workers at once send each webhook once', async () => {
    const target = await endpoint();
    const seeds = Array.from({ length: 40 }, () => seedDelivery(store.database, { target }));
    const ids = (await Promise.all(seeds)).map(({ eventId }) => eventId);
    await Promise.all([start(), start()]);
    await eventually(() => (receiver.received.length >= 40 ? true : null), 'forty webhooks');
    const isDone = async () => {
      const { rows } = await store.database.query(sql`SELECT id FROM deliveries WHERE state = 'pending'`);
      return rows.length === 0 ? true : null;
    };
    await eventually(isDone, 'all recorded');
    expect(webhookIds().sort()).toEqual(ids.sort());
  });

  it('lives and is not ready while the database is away', async () => {
    setting = {
      ...setting,
      databaseUrl: setting.databaseUrl.replace(/^(\w+):.*/, '$1://nobody@127.0.0.1:9/none'),
    };
    const worker = await start();
    expect((await fetch(`${worker.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${worker.url}/readyz`)).status).toBe(503);
  });
});
