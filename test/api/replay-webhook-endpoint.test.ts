import {
  finish,
  getDelivery,
  newDelivery,
  newEndpointDelivery,
  type RenewedBody,
  setEnabled,
} from './support/deliveries';
import { describeOperation } from './support/describe-operation';
import { change, newEndpoint } from './support/fixtures';

const LONG_AGO = '2026-01-01T00:00:00Z';
const pathOf = (id: string, query: Record<string, string> = {}) =>
  `/api/v1/webhook-endpoints/${id}/replay?${String(new URLSearchParams({ from: LONG_AGO, ...query }))}`;
const missing = {
  path: pathOf('01a1fdda-889f-71ae-b8f9-ea0d6e52af4d'),
  code: 'webhook_endpoint.not_found',
};

describeOperation(
  'replayWebhookEndpoint',
  { path: async (api) => pathOf((await newEndpointDelivery(api)).endpointId), missing },
  (test) => {
    const replay = async (id: string, query?: Record<string, string>): Promise<RenewedBody> => {
      const { status, body } = await test.call('POST', pathOf(id, query));
      expect(status).toBe(202);
      return body;
    };
    const stateOf = async ({ id }: { id: string }) => (await getDelivery(test.api, id)).state;

    it('202: what has arrived is due as well; when it first did stays known', async () => {
      const { id: endpointId } = await newEndpoint(test.api);
      const [arrived, dead] = [
        await newDelivery(test.api, endpointId),
        await newDelivery(test.api, endpointId),
      ];
      await finish(test.api, arrived.id, 'delivered');
      await finish(test.api, dead.id, 'dead');
      const { deliveredAt } = await getDelivery(test.api, arrived.id);
      expect(deliveredAt).not.toBeNull();
      expect(await replay(endpointId)).toEqual({ count: 2, next: null });
      expect(await getDelivery(test.api, arrived.id)).toMatchObject({
        state: 'pending',
        deliveredAt,
        eventId: arrived.eventId,
      });
      expect(await stateOf(dead)).toBe('pending');
    });

    it('202: from, to and types say which', async () => {
      const { id: endpointId } = await newEndpoint(test.api);
      const blocked = await newDelivery(test.api, endpointId);
      const { createdAt } = await getDelivery(test.api, blocked.id);
      await finish(test.api, blocked.id, 'delivered');
      const { deliveries } = await change(test.api, 'unblock', blocked.userId, {
        body: { triggerWebhook: true },
      });
      for (const { id } of deliveries) await finish(test.api, id, 'delivered');
      expect(await replay(endpointId, { to: createdAt })).toEqual({ count: 0, next: null });
      expect(await replay(endpointId, { types: 'user.deleted,user.deactivated' })).toMatchObject({
        count: 0,
      });
      expect(await replay(endpointId, { from: createdAt, types: 'user.blocked,user.deleted' })).toMatchObject(
        {
          count: 1,
        },
      );
      expect(await stateOf(blocked)).toBe('pending');
      expect(await replay(endpointId, { types: 'user.unblocked' })).toMatchObject({ count: 1 });
    });

    it('202: the commas between types may stand as they are, as people write them', async () => {
      const { id: endpointId } = await newEndpoint(test.api);
      const path = `${pathOf(endpointId)}&types=user.blocked,user.unblocked`;
      expect(await test.call('POST', path)).toMatchObject({ status: 202, body: { count: 0 } });
    });

    it('409: a disabled endpoint', async () => {
      const { endpointId } = await newEndpointDelivery(test.api);
      await setEnabled(test.api, endpointId, false);
      expect(await test.call('POST', pathOf(endpointId))).toMatchObject({
        status: 409,
        body: { code: 'webhook_endpoint.disabled' },
      });
    });

    it.each([
      [{ from: '2026-02-30T00:00:00Z' }, '/query/from'],
      [{ to: '9999-01-01T00:00:00Z' }, '/query/to'],
      [{ types: 'user.blocked,user.lost' }, '/query/types'],
      [{ types: '' }, '/query/types'],
      [{ cursor: 'e30' }, '/query/cursor'],
    ])('400: %j names the parameter (I8)', async (query, pointer) => {
      const { endpointId } = await newEndpointDelivery(test.api);
      const { status, body } = await test.call('POST', pathOf(endpointId, query));
      expect([status, body]).toMatchObject([400, { errors: [{ pointer }] }]);
    });
  },
);
