import { Webhook } from 'standardwebhooks';
import type { components } from '../../src/http/contract.generated';
import { sql } from '../../src/database/sql';
import { startWebhookReceiver, type WebhookReceiver } from '../webhooks/webhook-receiver';
import { describeOperation } from './support/describe-operation';
import { newEndpoint } from './support/fixtures';
import { snapshotOf } from './support/tables';

type Result = components['schemas']['WebhookTest'];

const missing = {
  path: '/api/v1/webhook-endpoints/01a1fdda-889f-71ae-b8f9-ea0d6e52af4d/test',
  code: 'webhook_endpoint.not_found',
};
const pathOf = (id: string) => `/api/v1/webhook-endpoints/${id}/test`;
const path = async (...[api]: Parameters<typeof newEndpoint>) => pathOf((await newEndpoint(api)).id);

describeOperation('testWebhookEndpoint', { path, missing }, (test) => {
  let receiver: WebhookReceiver;
  let status = 204;
  let hang = false;
  const held: (() => void)[] = [];
  beforeAll(async () => {
    receiver = await startWebhookReceiver((response) => {
      const answer = () => response.writeHead(status).end(status === 204 ? undefined : 'no\u0000');
      if (hang) held.push(answer);
      else answer();
    });
  });
  beforeEach(() => {
    status = 204;
    hang = false;
    receiver.received.length = 0;
  });
  afterAll(() => receiver.close());

  const endpoint = (more: Partial<components['schemas']['CreateWebhookEndpoint']> = {}) =>
    newEndpoint(test.api, ['user.blocked'], { url: receiver.url, ...more });
  const ping = async (id: string): Promise<Result> => {
    const answer = await test.call('POST', pathOf(id));
    expect(answer.status).toBe(200);
    return answer.body;
  };

  it('200: sends one signed ping and answers what came of it; nothing is stored', async () => {
    const { id, secret } = await endpoint();
    const before = await snapshotOf(test.api.services.database);
    expect(await ping(id)).toMatchObject({ delivered: true, statusCode: 204, errorKind: null, error: null });
    const [webhook] = receiver.received;
    expect(
      new Webhook(secret ?? '').verify(
        webhook?.body.toString() ?? '',
        webhook?.headers as Record<string, string>,
      ),
    ).toMatchObject({
      type: 'endpoint.ping',
      data: { endpointId: id },
    });
    expect(await snapshotOf(test.api.services.database)).toEqual(before);
  });

  it('200: each ping has an id of its own', async () => {
    for (const { id } of [await endpoint(), await endpoint()]) await ping(id);
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(2);
  });

  it('200: in the endpoint’s own format, with its headers', async () => {
    const headers = [{ name: 'X-Key', value: 's3cr3t' }];
    await ping((await endpoint({ signature: 'guardhouse', payload: 'thin', headers })).id);
    const [webhook] = receiver.received;
    expect(JSON.parse(String(webhook?.body))).toMatchObject({ EventType: 1100 });
    expect(webhook?.headers['x-key']).toBe('s3cr3t');
    expect(webhook?.headers['x-hub-signature']).toMatch(/^t=\d+,v1=[0-9a-f]{64}$/);
  });

  it('200: a disabled endpoint is tested, too', async () => {
    const { id } = await endpoint({ enabled: false });
    expect(await ping(id)).toMatchObject({ delivered: true });
    expect(receiver.received).toHaveLength(1);
  });

  it('200: a receiver that refuses is an answer, and no failure of ours', async () => {
    status = 500;
    expect(await ping((await endpoint()).id)).toMatchObject({
      delivered: false,
      statusCode: 500,
      errorKind: 'answer',
      error: 'the receiver answered 500',
      response: 'no\u0000',
    });
  });

  it('200: so is one that is not there, in words without addresses (I7)', async () => {
    const result = await ping((await newEndpoint(test.api)).id);
    expect(result).toMatchObject({
      delivered: false,
      statusCode: null,
      errorKind: 'connection',
      response: null,
    });
    expect(JSON.stringify(result)).not.toContain('127.0.0.1');
  });

  it('200: an address that is refused by now is not connected to (I7)', async () => {
    const { id } = await endpoint();
    await test.api.services.database.query(
      sql`UPDATE webhook_endpoints SET url = 'https://169.254.169.254/' WHERE url = ${receiver.url}`,
    );
    expect(await ping(id)).toMatchObject({ delivered: false, errorKind: 'address' });
    expect(receiver.received).toEqual([]);
  });

  it('429: one at a time and endpoint, whoever asks; the others are not held up', async () => {
    const [slow, other] = [await endpoint(), await endpoint()];
    hang = true;
    const first = ping(slow.id);
    const again = await test.call('POST', pathOf(slow.id));
    expect([again.status, again.headers.get('retry-after')]).toEqual([429, '1']);
    expect(again.body).toMatchObject({ code: 'rate_limit.exceeded' });
    hang = false;
    expect(await ping(other.id)).toMatchObject({ delivered: true });
    held.forEach((answer) => answer());
    expect(await first).toMatchObject({ delivered: true });
  });

  it('400: an id that is no UUID names the path (I8)', async () => {
    const { status: refused, body } = await test.call('POST', pathOf('7'));
    expect(refused).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/path/endpointId' }] });
  });
});
