import { sql } from '../../src/database/sql';
import { Uuid } from '../../src/database/uuid';
import {
  finish,
  getDelivery,
  hold,
  type MadeDelivery,
  newDelivery,
  newEndpointDelivery,
  type RenewedBody,
  setEnabled,
} from './support/deliveries';
import { describeOperation } from './support/describe-operation';
import { done, newEndpoint } from './support/fixtures';
import { rowsOf } from './support/tables';

const LONG_AGO = '2026-01-01T00:00:00Z';
const pathOf = (id: string, since = LONG_AGO) =>
  `/api/v1/webhook-endpoints/${id}/recover?since=${encodeURIComponent(since)}`;
const missing = {
  path: pathOf('01a1fdda-889f-71ae-b8f9-ea0d6e52af4d'),
  code: 'webhook_endpoint.not_found',
};

describeOperation(
  'recoverWebhookEndpoint',
  { path: async (api) => pathOf((await newEndpointDelivery(api)).endpointId), missing },
  (test) => {
    const recover = async (id: string, since?: string): Promise<RenewedBody> => {
      const { status, body } = await test.call('POST', pathOf(id, since));
      expect(status).toBe(202);
      return body;
    };
    const database = () => test.api.services.database;
    const stateOf = async ({ id }: { id: string }) => (await getDelivery(test.api, id)).state;

    it('202: what is dead, skipped or cancelled of this endpoint is due, oldest first, and nothing else', async () => {
      const { id: endpointId } = await newEndpoint(test.api);
      const made: MadeDelivery[] = [];
      for (let n = 0; n < 5; n++) made.push(await newDelivery(test.api, endpointId));
      const states = ['dead', 'skipped', 'delivered', 'cancelled'] as const;
      for (const [at, state] of states.entries()) await finish(test.api, made[at]?.id ?? '', state, 10);
      const other = await newEndpointDelivery(test.api);
      await finish(test.api, other.id, 'dead');
      expect(await recover(endpointId)).toEqual({ count: 3, next: null });
      const now = await Promise.all(made.map(stateOf));
      expect(now).toEqual(['pending', 'pending', 'delivered', 'pending', 'pending']);
      expect(await stateOf(other)).toBe('dead');

      const { rows } = await database().query(sql`SELECT id, attempts, schedule_base, enqueued_at, finished_at
        FROM deliveries WHERE target = ${endpointId} AND schedule_base > 0 ORDER BY next_attempt_at`);
      expect(rows).toMatchObject(
        Array(3).fill({ attempts: 10, schedule_base: 10, enqueued_at: null, finished_at: null }),
      );
      const order = await Promise.all(
        [0, 1, 3].map(async (at) => (await getDelivery(test.api, made[at]?.id ?? '')).nextAttemptAt),
      );
      expect(order).toEqual([...new Set(order)].sort());
      expect((await rowsOf(database(), 'audit_records')).at(-1)).toMatchObject({
        action: 'webhook_endpoint.recover',
        target: `webhook_endpoint:${endpointId}`,
      });
      // Who comes again finds nothing to do.
      expect(await recover(endpointId)).toEqual({ count: 0, next: null });
    });

    it('202: since is the time of the event', async () => {
      const { id, endpointId } = await newEndpointDelivery(test.api);
      await finish(test.api, id, 'dead');
      const { createdAt } = await getDelivery(test.api, id);
      const later = new Date(Date.parse(createdAt) + 1).toISOString();
      expect(await recover(endpointId, later)).toEqual({ count: 0, next: null });
      expect(await recover(endpointId, createdAt)).toEqual({ count: 1, next: null });
    });

    it('202: what is being sent is left alone, and what was of a user who was erased', async () => {
      const { id: endpointId } = await newEndpoint(test.api);
      const [held, erased] = [
        await newDelivery(test.api, endpointId),
        await newDelivery(test.api, endpointId),
      ];
      for (const { id } of [held, erased]) await finish(test.api, id, 'skipped');
      await hold(test.api, held.id);
      await done(test.api, 'DELETE', `/api/v1/users/${erased.userId}`, { permanent: true });
      expect(await recover(endpointId)).toEqual({ count: 0, next: null });
      expect(await stateOf(held)).toBe('skipped');
    });

    it('202: a row of the version before, which does not know its type', async () => {
      const { id, endpointId } = await newEndpointDelivery(test.api);
      await finish(test.api, id, 'dead');
      await database().query(sql`UPDATE deliveries SET event_type = NULL WHERE id = ${new Uuid(id)}`);
      expect(await recover(endpointId)).toEqual({ count: 1, next: null });
    });

    it('409: a disabled endpoint; nothing is made due, and the refusal is recorded', async () => {
      const { id, endpointId } = await newEndpointDelivery(test.api);
      await finish(test.api, id, 'skipped', 0);
      await setEnabled(test.api, endpointId, false);
      expect(await test.call('POST', pathOf(endpointId))).toMatchObject({
        status: 409,
        body: { code: 'webhook_endpoint.disabled' },
      });
      expect(await stateOf({ id })).toBe('skipped');
      expect((await rowsOf(database(), 'audit_records')).at(-1)).toMatchObject({
        action: 'webhook_endpoint.recover',
        outcome: 'refused',
      });
    });

    it.each([
      ['', '/query/since'],
      ['since=2026-02-30T00:00:00Z', '/query/since'],
      [`since=${LONG_AGO}&cursor=e30`, '/query/cursor'],
    ])('400: "%s" names the parameter (I8)', async (query, pointer) => {
      const { endpointId } = await newEndpointDelivery(test.api);
      const path = `/api/v1/webhook-endpoints/${endpointId}/recover?${query}`;
      const { status, body } = await test.call('POST', path);
      expect([status, body]).toMatchObject([400, { errors: [{ pointer }] }]);
    });
  },
);
