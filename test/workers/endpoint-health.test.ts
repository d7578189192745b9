import type { ServerResponse } from 'node:http';
import { sql, type Statement } from '../../src/database/sql';
import { Uuid } from '../../src/database/uuid';
import type { components } from '../../src/http/contract.generated';
import { type Mailbox, startMailbox } from '../invariants/support/receivers';
import { type Platform, startPlatform, type TestApiProcess, waitFor } from '../support/processes';
import { auditTrail, eventsOf, statesOf } from '../webhooks/endpoint-fixtures';
import { startWebhookReceiver, type WebhookReceiver } from '../webhooks/webhook-receiver';

jest.setTimeout(120_000);

type Endpoint = components['schemas']['WebhookEndpoint'];

let mailbox: Mailbox;
let platform: Platform;
let api: TestApiProcess;
/** Answers as the test says. */
let receiver: WebhookReceiver;
let answer: (response: ServerResponse) => void;
/** Wants to hear of other endpoints. */
let watcher: WebhookReceiver;
let userId = 100;

beforeAll(async () => {
  mailbox = await startMailbox();
  receiver = await startWebhookReceiver((response) => answer(response));
  watcher = await startWebhookReceiver();
  platform = await startPlatform({ SMTP_URL: mailbox.url, DELIVERY_RETRY_SCHEDULE: '0,1,1,1,1,1' });
  api = await platform.startApi();
  await Promise.all([platform.startWorker(), platform.startWorker()]);
  await register(watcher.url, 'endpoint.disabled');
});
afterAll(async () => {
  await platform.close();
  await Promise.all([mailbox.close(), receiver.close(), watcher.close()]);
});

async function register(url: string, eventType: string): Promise<string> {
  const { body } = await api.call('POST', '/api/v1/webhook-endpoints', {
    body: { url, eventTypes: [eventType] },
  });
  return (body as Endpoint).id;
}
const set = (id: string, change: Statement) =>
  platform.database.query(sql`UPDATE webhook_endpoints SET ${change} WHERE id = ${new Uuid(id)}`);
const show = async (id: string): Promise<Endpoint> =>
  (await api.call('GET', `/api/v1/webhook-endpoints/${id}`)).body;
const until = (id: string, isSo: (endpoint: Endpoint) => boolean, what: string) =>
  waitFor(async () => {
    const endpoint = await show(id);
    return isSo(endpoint) ? endpoint : undefined;
  }, what);
const settled = (id: string, states: Record<string, number>) =>
  waitFor(
    async () => {
      const now = await statesOf(platform.database, id);
      return JSON.stringify(Object.entries(now).sort()) === JSON.stringify(Object.entries(states).sort())
        ? now
        : undefined;
    },
    `${JSON.stringify(states)} of the endpoint`,
  );
/** Blocks so many new users, one after the other. */
async function block(count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    userId++;
    await api.call('POST', '/api/v1/users', { body: { id: userId } });
    await api.call('PATCH', `/api/v1/users/${userId}/block`, { body: { triggerWebhook: true } });
  }
}
const toldTo = (endpointId: string) =>
  watcher.received
    .map(({ body }) => JSON.parse(body.toString('utf8')) as { type: string; data: { endpointId: string } })
    .filter(({ data }) => data.endpointId === endpointId);

describe('an endpoint whose worker', () => {
  it('is told 410 is disabled: the others and its contact hear of it once, and it gets nothing more (I4)', async () => {
    answer = (response) => response.writeHead(410).end();
    const id = await register(receiver.url, 'user.blocked');
    await set(id, sql`contact = ${'ops@example.com'}`);
    await block(1);
    await until(id, ({ disabledCause }) => disabledCause === 'gone', 'the disabling');
    await waitFor(() => (toldTo(id).length > 0 ? true : undefined), 'the event at the other endpoint');
    await waitFor(() => mailbox.recipients[0], 'the e-mail to the contact');
    await block(3);
    await settled(id, { dead: 1, skipped: 3 });
    expect(receiver.received).toHaveLength(1);
    expect(toldTo(id)).toMatchObject([{ type: 'endpoint.disabled', data: { cause: 'gone' } }]);
    expect(mailbox.recipients).toEqual(['ops@example.com']);

    answer = (response) => response.writeHead(204).end();
    expect((await api.call('POST', `/api/v1/webhook-endpoints/${id}/enable`)).status).toBe(200);
    await block(1);
    await settled(id, { dead: 1, skipped: 3, delivered: 1 });
    await api.call('DELETE', `/api/v1/webhook-endpoints/${id}`);
    expect(await statesOf(platform.database, id)).toEqual({ dead: 1, cancelled: 3, delivered: 1 });
  });

  it('sees fail after five days of failures is disabled once, whichever of two workers sees it', async () => {
    answer = (response) => response.writeHead(500).end();
    const id = await register(receiver.url, 'user.blocked');
    await set(id, sql`failing_since = ${new Date(Date.now() - 6 * 86_400_000)}`);
    await block(8);
    await until(id, ({ disabledCause }) => disabledCause === 'failing', 'the disabling');
    await settled(id, { skipped: 8 });
    const ofIt = (await eventsOf(platform.database, 'endpoint.disabled')).filter(
      ({ envelope }) => (envelope.data as { endpointId: string }).endpointId === id,
    );
    expect(ofIt).toHaveLength(1);
    const actions = (await auditTrail(platform.database)).filter(
      ([action, , target]) => action === 'webhook_endpoint.disable' && target.endsWith(id),
    );
    expect(actions).toHaveLength(1);
    await api.call('DELETE', `/api/v1/webhook-endpoints/${id}`);
  });

  it('is asked for a pause is spared, and all arrives afterwards', async () => {
    let asked = 0;
    answer = (response) =>
      asked++ === 0 ? response.writeHead(429, { 'Retry-After': '2' }).end() : response.writeHead(204).end();
    const id = await register(receiver.url, 'user.blocked');
    await block(1);
    const { slowedUntil, failingSince } = await until(id, (one) => one.slowedUntil !== null, 'the pause');
    expect(failingSince).not.toBeNull();
    const before = receiver.received.length;
    await block(3);
    const first = await waitFor(
      () => (receiver.received.length > before ? Date.now() : undefined),
      'the first webhook after the pause',
    );
    expect(first).toBeGreaterThanOrEqual(new Date(slowedUntil ?? 0).getTime() - 100);
    await settled(id, { delivered: 4 });
    await until(id, (one) => one.slowedUntil === null && one.failingSince === null, 'the end of the pause');
  });
});
