import { describeOperation } from './support/describe-operation';
import { change, type EndpointBody, newEndpoint, newUser } from './support/fixtures';
import { rowsOf, snapshotOf } from './support/tables';

const missing = {
  path: '/api/v1/webhook-endpoints/01a1fdda-889f-71ae-b8f9-ea0d6e52af4d/disable',
  code: 'webhook_endpoint.not_found',
};
const path = async (...[api]: Parameters<typeof newEndpoint>) =>
  `/api/v1/webhook-endpoints/${(await newEndpoint(api)).id}/disable`;

describeOperation('disableWebhookEndpoint', { path, missing }, (test) => {
  const disable = (id: string) => test.call('POST', `/api/v1/webhook-endpoints/${id}/disable`);
  const get = async (id: string) =>
    (await test.api.call('GET', `/api/v1/webhook-endpoints/${id}`)).body as EndpointBody;

  it('200: it is disabled on request, and a block leaves it a skipped delivery (I4)', async () => {
    const { id } = await newEndpoint(test.api);
    const { status, body } = await disable(id.toUpperCase());
    expect(status).toBe(200);
    expect(body).toMatchObject({ id, enabled: false, disabledCause: 'request' });
    expect(body).toEqual(await get(id));
    expect((await rowsOf(test.api.services.database, 'audit_records')).at(-1)).toMatchObject({
      action: 'webhook_endpoint.disable',
      actor: 'admin',
    });

    const user = await newUser(test.api);
    await change(test.api, 'block', user.id, { body: { triggerWebhook: true } });
    const deliveries = await rowsOf(test.api.services.database, 'deliveries');
    expect(deliveries.filter(({ target }) => target === id)).toMatchObject([{ state: 'skipped' }]);
  });

  it('200: nobody is told, for whoever asked knows', async () => {
    await newEndpoint(test.api, ['endpoint.disabled']);
    const { id } = await newEndpoint(test.api);
    await disable(id);
    const events = await rowsOf(test.api.services.database, 'events');
    expect(events.filter(({ type }) => type === 'endpoint.disabled')).toEqual([]);
  });

  it('200: a repeat answers the same and changes nothing', async () => {
    const { id } = await newEndpoint(test.api);
    const first = await disable(id);
    const before = await snapshotOf(test.api.services.database);
    const second = await disable(id);
    expect([second.status, second.body]).toEqual([200, first.body]);
    expect(await snapshotOf(test.api.services.database)).toEqual(before);
  });

  it('400: an id that is no UUID names the path (I8)', async () => {
    const { status, body } = await disable('7');
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/path/endpointId' }] });
  });
});
