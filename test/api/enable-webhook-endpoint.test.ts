import { describeOperation } from './support/describe-operation';
import { newEndpoint } from './support/fixtures';
import { rowsOf, snapshotOf } from './support/tables';

const missing = {
  path: '/api/v1/webhook-endpoints/01a1fdda-889f-71ae-b8f9-ea0d6e52af4d/enable',
  code: 'webhook_endpoint.not_found',
};
const path = async (...[api]: Parameters<typeof newEndpoint>) =>
  `/api/v1/webhook-endpoints/${(await newEndpoint(api)).id}/enable`;

describeOperation('enableWebhookEndpoint', { path, missing }, (test) => {
  const call = (id: string, verb: 'enable' | 'disable') =>
    test.call('POST', `/api/v1/webhook-endpoints/${id}/${verb}`);

  it('200: it is as it was before it was disabled', async () => {
    const { secret, updatedAt, ...endpoint } = await newEndpoint(test.api);
    expect([typeof secret, updatedAt]).toEqual(['string', null]);
    await call(endpoint.id, 'disable');
    const { status, body } = await call(endpoint.id.toUpperCase(), 'enable');
    expect(status).toBe(200);
    expect(body).toMatchObject(endpoint);
    expect((await rowsOf(test.api.services.database, 'audit_records')).at(-1)).toMatchObject({
      action: 'webhook_endpoint.enable',
      actor: 'admin',
    });
  });

  it('200: one that is enabled stays as it is', async () => {
    const { id } = await newEndpoint(test.api);
    const before = await snapshotOf(test.api.services.database);
    expect((await call(id, 'enable')).status).toBe(200);
    expect(await snapshotOf(test.api.services.database)).toEqual(before);
  });

  it('400: an id that is no UUID names the path (I8)', async () => {
    const { status, body } = await call('7', 'enable');
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/path/endpointId' }] });
  });
});
