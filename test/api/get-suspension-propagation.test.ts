import { toUuid } from '../../src/database/decode';
import { commaSeparated, sql } from '../../src/database/sql';
import { newUuid, Uuid } from '../../src/database/uuid';
import type { components } from '../../src/http/contract.generated';
import { waitFor } from '../support/processes';
import { describeOperation } from './support/describe-operation';
import { change, clientToken, newEndpoint, newUser } from './support/fixtures';

type Propagation = components['schemas']['Propagation'];
type Revocations = components['schemas']['Revocations'];

const missing = {
  path: '/api/v1/suspensions/01a1fdda-889f-71ae-b8f9-ea0d6e52af4d/propagation',
  code: 'suspension.not_found',
};

describeOperation(
  'getSuspensionPropagation',
  {
    path: async (api) => `/api/v1/suspensions/${(await change(api, 'block', 101)).suspensionId}/propagation`,
    missing,
  },
  (test) => {
    let names = 0;
    /** A guard that follows the feed as long as the test has it poll. */
    const newGuard = (lease = '60000') => {
      const instance = `guard-${++names}`;
      let after: string | undefined;
      const poll = async (): Promise<Revocations> => {
        const query = { instance, lease, limit: '10000', ...(after === undefined ? {} : { after }) };
        const path = `/api/v1/revocations?${String(new URLSearchParams(query))}`;
        const { status, body } = await test.call('GET', path);
        expect(status).toBe(200);
        after = (body as Revocations).next;
        return body;
      };
      return { instance, poll };
    };
    const receipt = async (suspensionId: string | null): Promise<Propagation> => {
      const { status, body } = await test.call('GET', `/api/v1/suspensions/${suspensionId}/propagation`);
      expect(status).toBe(200);
      return body;
    };
    const block = async () => {
      const { id } = await newUser(test.api);
      return (await change(test.api, 'block', id, { body: { triggerWebhook: true } })).suspensionId;
    };
    const ofGuard = ({ guards }: Propagation, instance: string) =>
      guards.find(({ instanceId }) => instanceId === instance);
    /** What is noted of polls is written a moment later. */
    const acknowledged = (suspensionId: string | null, instance: string) =>
      waitFor(async () => {
        const found = await receipt(suspensionId);
        return ofGuard(found, instance)?.acknowledgedAt ? found : undefined;
      }, 'the acknowledgement');
    beforeEach(async () => {
      await test.api.services.database.query(sql`UPDATE guard_instances SET trusted_until = first_seen_at`);
    });

    it('200: without guards it is over with the commit; who was told is listed', async () => {
      const { id: endpointId } = await newEndpoint(test.api);
      const suspensionId = await block();
      const { overAt, revokedAt, position, waitingFor, deliveries } = await receipt(suspensionId);
      expect(position).toBeGreaterThan(0);
      expect(waitingFor).toEqual([]);
      expect(new Date(overAt ?? 0).getTime()).toBeGreaterThanOrEqual(new Date(revokedAt).getTime());
      expect(deliveries).toMatchObject([
        {
          eventType: 'user.blocked',
          channel: 'webhook',
          target: endpointId,
          state: 'pending',
          deliveredAt: null,
          late: false,
        },
      ]);
    });

    it('200: a receiver that was told after more than a minute is late, and one that is still to be told', async () => {
      await newEndpoint(test.api);
      const suspensionId = await block();
      const lateOf = async () => (await receipt(suspensionId)).deliveries.map(({ late }) => late);
      const { database } = test.api.services;
      const { deliveries } = await receipt(suspensionId);
      const aMinuteAgo = new Date(Date.now() - 61_000);
      await database.query(sql`UPDATE deliveries SET created_at = ${aMinuteAgo}`);
      expect(await lateOf()).toEqual(deliveries.map(() => true));
      await database.query(sql`UPDATE deliveries SET state = 'delivered', delivered_at = created_at`);
      expect(await lateOf()).toEqual(deliveries.map(() => false));
      await database.query(sql`UPDATE deliveries SET delivered_at = ${new Date()}`);
      expect(await lateOf()).toEqual(deliveries.map(() => true));
      await database.query(sql`UPDATE deliveries SET state = 'cancelled', delivered_at = NULL`);
      expect(await lateOf()).toEqual(deliveries.map(() => false));
    });

    it('200: where there are more deliveries than are shown it says so', async () => {
      await newEndpoint(test.api);
      const suspensionId = await block();
      const { deliveries, moreDeliveries } = await receipt(suspensionId);
      expect(moreDeliveries).toBe(false);
      const { database } = test.api.services;
      const { rows } = await database.query(
        sql`SELECT event_id, user_id FROM deliveries WHERE id = ${new Uuid(deliveries[0]?.id ?? '')}`,
      );
      const event = new Uuid(toUuid(rows[0]?.event_id));
      const others = Array.from({ length: 1_001 - deliveries.length }, (_, index) => {
        const [now, user] = [new Date(), Number(rows[0]?.user_id)];
        return sql`(${new Uuid(newUuid())}, ${event}, 'user.blocked', ${user}, 'webhook', ${`other-${index}`}, 'dead', 1,
          ${now}, ${now})`;
      });
      await database.query(sql`INSERT INTO deliveries (id, event_id, event_type, user_id, channel, target, state, attempts,
        next_attempt_at, created_at) VALUES ${commaSeparated(others)}`);
      const all = await receipt(suspensionId);
      expect([all.deliveries.length, all.moreDeliveries]).toEqual([1_000, true]);
    });

    it('200: of a block that is repeated without end the first repeats are looked through, and it says so', async () => {
      await newEndpoint(test.api);
      const suspensionId = await block();
      const { userId, deliveries, revokedAt } = await receipt(suspensionId);
      const repeats = Array.from(
        { length: 1_000 },
        (_, index) =>
          sql`(${new Uuid(newUuid())}, ${userId}, ${100 + index}, 'sessions.revoked', 1, '{}', ${new Date(revokedAt)})`,
      );
      await test.api.services.database
        .query(sql`INSERT INTO events (id, user_id, sequence, type, schema_version, payload,
        occurred_at) VALUES ${commaSeparated(repeats)}`);
      expect(await receipt(suspensionId)).toMatchObject({ deliveries, moreDeliveries: true });
    });

    it('200: a guard is waited for from its first poll on, told of the block, and over when it says so (I1)', async () => {
      const guard = newGuard();
      await guard.poll();
      const suspensionId = await block();
      const before = await receipt(suspensionId);
      expect(before).toMatchObject({ overAt: null, waitingFor: [{ instanceId: guard.instance }] });
      expect((await guard.poll()).items.length).toBeGreaterThan(0);
      // Told is not applied.
      expect(await receipt(suspensionId)).toMatchObject({ overAt: null });
      await guard.poll();
      const after = await acknowledged(suspensionId, guard.instance);
      const mine = ofGuard(after, guard.instance);
      expect(mine).toMatchObject({ leaseMs: 60_000, late: false, leaseExpiredAt: null });
      expect(after.waitingFor).toEqual([]);
      expect(after.overAt).toBe(mine?.acknowledgedAt);
      expect(String(mine?.toldAt) <= String(mine?.acknowledgedAt)).toBe(true);
    });

    it('200: a guard that stays away is waited for until its lease has run out, and says that it was late', async () => {
      const guard = newGuard('5000');
      await guard.poll();
      const suspensionId = await block();
      const { waitingFor } = await receipt(suspensionId);
      test.api.clock.shiftMs = new Date(waitingFor[0]?.until ?? 0).getTime() - Date.now() + 60_000;
      const late = await receipt(suspensionId);
      test.api.clock.shiftMs = 0;
      expect(ofGuard(late, guard.instance)).toMatchObject({ acknowledgedAt: null, late: true });
      expect(late.overAt).not.toBeNull();
      expect(String(late.overAt) >= String(ofGuard(late, guard.instance)?.leaseExpiredAt)).toBe(true);
    });

    it('200: a guard that came after the block has begun with it, and an unblock takes nothing back', async () => {
      const guard = newGuard();
      await guard.poll();
      const suspensionId = await block();
      await guard.poll();
      await guard.poll();
      const { overAt, userId, position } = await acknowledged(suspensionId, guard.instance);
      await change(test.api, 'unblock', userId);
      await guard.poll();
      await guard.poll();
      expect(await receipt(suspensionId)).toMatchObject({ overAt, position });
    });

    it('200: what is written of guards late is never taken for over (I1)', async () => {
      const { database } = test.api.services;
      for (let round = 0; round < 10; round++) {
        const guard = newGuard();
        // Nothing orders them: the block may be committed before the poll is read, or after.
        const [first, suspensionId] = await Promise.all([guard.poll(), block()]);
        const { position, overAt } = await receipt(suspensionId);
        const isTold = first.items.some((item) => item.position === position);
        if (!isTold) expect(overAt).toBeNull();
        await database.query(sql`UPDATE guard_instances SET trusted_until = first_seen_at`);
      }
    });

    it('200: a cursor that nobody gave out acknowledges nothing (I1)', async () => {
      const guard = newGuard();
      await guard.poll();
      const all = (2 ** 53 - 1).toString(36);
      const forged = `/api/v1/revocations?after=1.${all}.${all}.0..&instance=forger&lease=5000`;
      expect((await test.api.call('GET', forged)).status).toBe(410);
      // The guard has not been told of it, whatever the forger claims.
      expect((await receipt(await block())).overAt).toBeNull();
    });

    it('200: a client cannot invent guards without end; those beyond are one, and go on like any other', async () => {
      const guard = newGuard();
      await guard.poll();
      const { database } = test.api.services;
      const now = new Date();
      for (let batch = 0; batch < 10; batch++) {
        const rows = Array.from({ length: 500 }, (_, n) => `invented-${batch}-${n}`);
        await database.transaction((tx) => {
          for (const name of rows)
            tx.write(sql`INSERT INTO guard_instances (client_id, instance_id, lease_ms, position, first_seen_at,
              last_poll_at, trusted_until) VALUES ('admin', ${name}, 100, 0, ${now}, ${now}, ${now})`);
          return Promise.resolve();
        });
      }
      const poll = async (instance: string) => {
        const query = String(new URLSearchParams({ instance, lease: '5000' }));
        return (await test.api.call('GET', `/api/v1/revocations?${query}`)).status;
      };
      expect([await poll('one-more'), await poll('(allothers)'), await poll('(all others)')]).toEqual([
        200, 200, 400,
      ]);
      const { rows: others } = await database.query(
        sql`SELECT instance_id FROM guard_instances WHERE client_id = 'admin'
          AND (instance_id = 'one-more' OR instance_id LIKE '%others%')`,
      );
      expect(others).toEqual([{ instance_id: '(all others)' }]);
      // It may let her pass still, whoever it is: nothing is over before its lease is.
      expect((await receipt(await block())).overAt).toBeNull();
      await guard.poll();
      const token = await clientToken(test.api, 'revocations:read');
      const path = '/api/v1/revocations?instance=one-more&lease=5000';
      expect((await test.api.call('GET', path, { token })).status).toBe(200);
      // The last that is written of guards here.
      await waitFor(async () => {
        const { rows } = await database.query(sql`SELECT 1 FROM guard_progress WHERE client_id = 'client-7'`);
        return rows[0];
      }, 'what it was told');
      await database.query(sql`DELETE FROM guard_instances WHERE instance_id LIKE 'invented%'`);
    });

    it('400: an id that is no UUID names the parameter (I8)', async () => {
      const { status, body } = await test.call('GET', '/api/v1/suspensions/101/propagation');
      expect([status, body]).toMatchObject([400, { errors: [{ pointer: '/path/suspensionId' }] }]);
    });
  },
);
