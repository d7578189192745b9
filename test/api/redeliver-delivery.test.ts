import { sql } from '../../src/database/sql';
import { Uuid } from '../../src/database/uuid';
import { DELIVERY_STATES } from '../../src/events/delivery.entity';
import {
  type DeliveryPage,
  finish,
  getDelivery,
  hold,
  newEndpointDelivery,
  setEnabled,
} from './support/deliveries';
import { describeOperation } from './support/describe-operation';
import { change, done, newEndpoint, newUser } from './support/fixtures';
import { newStream } from './support/streams';
import { rowsOf, trailOf } from './support/tables';

const missing = {
  path: '/api/v1/deliveries/01a1fdda-889f-71ae-b8f9-ea0d6e52af4d/redeliver',
  code: 'delivery.not_found',
};

describeOperation(
  'redeliverDelivery',
  { path: async (api) => `/api/v1/deliveries/${(await newEndpointDelivery(api)).id}/redeliver`, missing },
  (test) => {
    const redeliver = (id: string) => test.call('POST', `/api/v1/deliveries/${id}/redeliver`);
    const database = () => test.api.services.database;
    const stored = async (id: string) =>
      (await database().query(sql`SELECT * FROM deliveries WHERE id = ${new Uuid(id)}`)).rows[0];
    const mailTo = async (): Promise<{ id: string; userId: number }> => {
      const { id: userId } = await newUser(test.api);
      const { deliveries } = await change(test.api, 'block', userId, { body: { notifyUserViaEmail: true } });
      return { id: deliveries[0]?.id ?? '', userId };
    };

    it.each(DELIVERY_STATES)(
      '202: one that is %s is due now, with a whole schedule before it',
      async (state) => {
        const { id, eventId, userId } = await newEndpointDelivery(test.api);
        if (state === 'pending') {
          const late = new Date(Date.now() + 3_600_000);
          await database().query(
            sql`UPDATE deliveries SET attempts = 3, next_attempt_at = ${late} WHERE id = ${new Uuid(id)}`,
          );
        } else await finish(test.api, id, state, 3);
        const before = await stored(id);
        const { status, body } = await redeliver(id);
        expect([status, body]).toMatchObject([
          202,
          { id, eventId, state: 'pending', attempts: 3, finishedAt: null },
        ]);
        const after = await stored(id);
        expect(after).toMatchObject({ state: 'pending', attempts: 3, schedule_base: 3, finished_at: null });
        expect((after?.next_attempt_at as Date).getTime()).toBeLessThanOrEqual(Date.now() + 1_000);
        // When it first succeeded stays what it was.
        expect(after?.delivered_at).toEqual(before?.delivered_at);
        expect((await trailOf(database(), userId)).at(-1)).toEqual(['delivery.redeliver', 'kept']);
      },
    );

    it('202: one that is being sent is left alone, and nothing is recorded', async () => {
      const { id } = await newEndpointDelivery(test.api);
      await hold(test.api, id);
      const [before, records] = [await stored(id), await rowsOf(database(), 'audit_records')];
      const { status, body } = await redeliver(id);
      expect([status, body]).toMatchObject([202, { id, state: 'pending', attempts: 1 }]);
      expect(await stored(id)).toEqual(before);
      expect(await rowsOf(database(), 'audit_records')).toEqual(records);
    });

    it('202: many at once make one attempt of it', async () => {
      const { id } = await newEndpointDelivery(test.api);
      await finish(test.api, id, 'dead', 10);
      const answers = await Promise.all(Array.from({ length: 8 }, () => redeliver(id)));
      expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(202));
      expect(await stored(id)).toMatchObject({ state: 'pending', attempts: 10, schedule_base: 10 });
    });

    it('202: an e-mail to a user who has an address', async () => {
      const { id } = await mailTo();
      await finish(test.api, id, 'dead');
      expect((await redeliver(id)).status).toBe(202);
    });

    it('409: a disabled endpoint; once it is enabled, 202', async () => {
      const { id, endpointId } = await newEndpointDelivery(test.api);
      await finish(test.api, id, 'skipped', 0);
      await setEnabled(test.api, endpointId, false);
      expect(await redeliver(id)).toMatchObject({ status: 409, body: { code: 'webhook_endpoint.disabled' } });
      expect((await getDelivery(test.api, id)).state).toBe('skipped');
      await setEnabled(test.api, endpointId, true);
      expect((await redeliver(id)).status).toBe(202);
    });

    describe('I5: a security event', () => {
      const events = async (userId: number) => {
        const { body } = await test.call('GET', `/api/v1/users/${userId}/deliveries`);
        return (body as DeliveryPage).items.filter(({ channel }) => channel === 'security_event').reverse();
      };
      const blockedAndUnblocked = async () => {
        const receiver = await newStream(test.api);
        const { id } = await newUser(test.api);
        await change(test.api, 'block', id);
        await change(test.api, 'unblock', id);
        const owed = (await events(id)).filter(({ target }) => target === receiver.streamId);
        const [disabled, enabled] = ['user.blocked', 'user.unblocked'].map(
          (type) => owed.find(({ eventType }) => eventType === type)?.id ?? '',
        );
        return { ...receiver, disabled: disabled ?? '', enabled: enabled ?? '' };
      };

      it('409: after which its receiver was told that the account is open again', async () => {
        const { disabled, enabled } = await blockedAndUnblocked();
        await finish(test.api, disabled, 'dead');
        await finish(test.api, enabled, 'delivered');
        expect(await redeliver(disabled)).toMatchObject({
          status: 409,
          body: { code: 'delivery.superseded' },
        });
        expect((await stored(disabled))?.state).toBe('dead');
        expect(await redeliver(enabled)).toMatchObject({ status: 202 });
      });

      it('202: that its receiver has refused to take while it polls is given to it again, before what came later', async () => {
        const { disabled, enabled, streamId, token } = await blockedAndUnblocked();
        const poll = async (body: object): Promise<string[]> => {
          const given = { returnImmediately: true, ...body };
          const answer = await test.call('POST', `/ssf/streams/${streamId}/poll`, { body: given, token });
          return Object.keys((answer.body as { sets: object }).sets);
        };
        const setErrs = { [disabled]: { err: 'invalid_request', description: 'a fault of the receiver' } };
        expect(await poll({ setErrs })).not.toContain(disabled);
        expect((await stored(disabled))?.state).toBe('dead');
        expect(await redeliver(disabled)).toMatchObject({ status: 202, body: { state: 'held' } });
        const sets = await poll({});
        expect(sets).toContain(disabled);
        expect(sets).not.toContain(enabled);
      });
    });

    it('409: an endpoint that was deleted, an address that is gone', async () => {
      const hook = await newEndpointDelivery(test.api);
      await done(test.api, 'DELETE', `/api/v1/webhook-endpoints/${hook.endpointId}`);
      const mail = await mailTo();
      await finish(test.api, mail.id, 'dead');
      await done(test.api, 'PUT', `/api/v1/users/${mail.userId}/personal-data`);
      for (const { id } of [hook, mail]) {
        expect(await redeliver(id)).toMatchObject({ status: 409, body: { code: 'delivery.receiver_gone' } });
      }
    });

    it('409: the event of an erased user; that she was erased is told again', async () => {
      await newEndpoint(test.api, ['user.deleted']);
      const { id, userId } = await newEndpointDelivery(test.api);
      await finish(test.api, id, 'dead');
      await done(test.api, 'DELETE', `/api/v1/users/${userId}`, { permanent: true, triggerWebhook: true });
      expect(await redeliver(id)).toMatchObject({ status: 409, body: { code: 'delivery.erased' } });
      const { body } = await test.call('GET', `/api/v1/deliveries?userId=${userId}&eventType=user.deleted`);
      const [told] = (body as { items: { id: string }[] }).items;
      await finish(test.api, told?.id ?? '', 'dead');
      expect((await redeliver(told?.id ?? '')).status).toBe(202);
    });

    it('I7: an erasure that comes at the same moment leaves nothing to be sent', async () => {
      for (let round = 0; round < 5; round++) {
        const { id, userId } = await newEndpointDelivery(test.api);
        await finish(test.api, id, 'delivered');
        const [, { status }] = await Promise.all([
          done(test.api, 'DELETE', `/api/v1/users/${userId}`, { permanent: true }),
          redeliver(id),
        ]);
        expect([202, 409]).toContain(status);
        expect((await getDelivery(test.api, id)).state).toBe(status === 202 ? 'cancelled' : 'delivered');
      }
    });

    it('400: an id that is no UUID names the path (I8)', async () => {
      expect(await redeliver('101')).toMatchObject({
        status: 400,
        body: { errors: [{ pointer: '/path/deliveryId' }] },
      });
    });
  },
);
