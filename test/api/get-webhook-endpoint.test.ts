import { sql } from '../../src/database/sql';
import { Uuid } from '../../src/database/uuid';
import { describeOperation } from './support/describe-operation';
import { newEndpoint } from './support/fixtures';

const missing = {
  path: '/api/v1/webhook-endpoints/01a1fdda-889f-71ae-b8f9-ea0d6e52af4d',
  code: 'webhook_endpoint.not_found',
};
const path = async (...[api]: Parameters<typeof newEndpoint>) =>
  `/api/v1/webhook-endpoints/${(await newEndpoint(api)).id}`;

describeOperation('getWebhookEndpoint', { path, missing }, (test) => {
  const get = (id: string) => test.call('GET', `/api/v1/webhook-endpoints/${id}`);

  it('200: without its secret (I7)', async () => {
    const { secret, ...endpoint } = await newEndpoint(test.api, ['user.unblocked']);
    const { status, body } = await get(endpoint.id);
    expect([status, body]).toEqual([200, endpoint]);
    expect(JSON.stringify(body)).not.toContain(secret);
  });

  it('200: what has become of it: since when it fails, until when it is spared, when and why it was disabled', async () => {
    const { id } = await newEndpoint(test.api);
    const at = new Date('2026-11-21T11:25:19.853Z');
    await test.api.services.database
      .query(sql`UPDATE webhook_endpoints SET enabled = FALSE, disabled_at = ${at},
      disabled_cause = 'failing', failing_since = ${at}, slowed_until = ${at} WHERE id = ${new Uuid(id)}`);
    expect((await get(id)).body).toMatchObject({
      enabled: false,
      disabledAt: at.toISOString(),
      disabledCause: 'failing',
      failingSince: at.toISOString(),
      slowedUntil: at.toISOString(),
    });
  });

  it('200: an id in capitals is the same id', async () => {
    const { id } = await newEndpoint(test.api);
    expect((await get(id.toUpperCase())).status).toBe(200);
  });

  it('400: an id that is no UUID names the path (I8)', async () => {
    const { status, body } = await get('7');
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/path/endpointId' }] });
  });
});
