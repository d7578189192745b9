import { describeOperation } from './support/describe-operation';
import { change, newEndpoint, newUser } from './support/fixtures';
import { rowsOf } from './support/tables';

const missing = {
  path: '/api/v1/webhook-endpoints/01a1fdda-889f-71ae-b8f9-ea0d6e52af4d',
  code: 'webhook_endpoint.not_found',
};
const path = async (...[api]: Parameters<typeof newEndpoint>) =>
  `/api/v1/webhook-endpoints/${(await newEndpoint(api)).id}`;

describeOperation('deleteWebhookEndpoint', { path, missing }, (test) => {
  const remove = (id: string) => test.call('DELETE', `/api/v1/webhook-endpoints/${id}`);

  it('204: it is gone, and a block tells it nothing more', async () => {
    const endpoint = await newEndpoint(test.api);
    expect((await remove(endpoint.id)).status).toBe(204);
    expect((await remove(endpoint.id)).status).toBe(404);
    const { id } = await newUser(test.api);
    await change(test.api, 'block', id, { body: { triggerWebhook: true } });
    const deliveries = await rowsOf(test.api.services.database, 'deliveries');
    expect(deliveries.filter(({ target }) => target === endpoint.id)).toEqual([]);
  });

  it('204: cancels what is on its way to it and to nobody else', async () => {
    const [gone, kept] = [await newEndpoint(test.api), await newEndpoint(test.api)];
    const { id } = await newUser(test.api);
    await change(test.api, 'block', id, { body: { triggerWebhook: true, notifyUserViaEmail: true } });
    // In capitals: deliveries name their target as text.
    expect((await remove(gone.id.toUpperCase())).status).toBe(204);
    const deliveries = (await rowsOf(test.api.services.database, 'deliveries')).filter(
      ({ user_id: userId }) => Number(userId) === id,
    );
    const stateOf = (target: string) => deliveries.find((delivery) => delivery.target === target)?.state;
    expect([stateOf(gone.id), stateOf(kept.id), stateOf(String(id))]).toEqual([
      'cancelled',
      'pending',
      'pending',
    ]);
    expect((await rowsOf(test.api.services.database, 'audit_records')).at(-1)).toMatchObject({
      action: 'webhook_endpoint.delete',
    });
  });

  it('400: an id that is no UUID names the path (I8)', async () => {
    const { status, body } = await remove("'");
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/path/endpointId' }] });
  });
});
