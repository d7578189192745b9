import { toBoolean, toInteger, toUuid } from '../../src/database/decode';
import type { Row } from '../../src/database/engines/engine';
import type { EventEnvelope } from '../../src/events/catalogue';
import {
  change,
  clientToken,
  FAR_FUTURE,
  getUser,
  isActive,
  newEndpoint,
  newSession,
  newUser,
  type UserBody,
} from '../api/support/fixtures';
import { rowsOf, snapshotOf } from '../api/support/tables';
import { startTestApi, type TestApi } from '../support/test-api';

let api: TestApi;
let ada: UserBody;
let endpoint: { id: string };

beforeAll(async () => {
  api = await startTestApi();
  endpoint = await newEndpoint(api);
});
beforeEach(async () => {
  ada = await newUser(api);
});
afterAll(() => api.close());

const ofAda = async (table: 'events' | 'deliveries' | 'suspensions'): Promise<Row[]> =>
  (await rowsOf(api.services.database, table)).filter((row) => toInteger(row.user_id) === ada.id);
const targetsOfAda = async () => (await ofAda('deliveries')).map(({ channel, target }) => [channel, target]);
const block = (body?: object, token?: string) => change(api, 'block', ada.id, { body, token });
const unblock = (body?: object, token?: string) => change(api, 'unblock', ada.id, { body, token });

describe('a block of a user who is blocked already', () => {
  it('replaces the reason as given, and closes the suspension that it replaces', async () => {
    const first = await block({ suspensionReason: 'One' });
    const second = await block({ suspensionReason: 'Two' });
    expect(second).toMatchObject({ changed: true, accessEpoch: 3 });
    expect(second.suspensionId).not.toBe(first.suspensionId);
    const rows = await ofAda('suspensions');
    expect(
      rows.map(({ reason, end_cause, open_user_id }) => [reason, end_cause, open_user_id !== null]),
    ).toEqual([
      ['One', 'replaced', false],
      ['Two', null, true],
    ]);
    expect((await getUser(api, ada.id)).suspension).toMatchObject({ id: second.suspensionId, reason: 'Two' });
  });

  it('clears the reason where it gives none', async () => {
    await block({ suspensionReason: 'One' });
    expect(await block()).toMatchObject({ changed: true });
    expect((await getUser(api, ada.id)).suspension).toMatchObject({ reason: null });
  });

  it('takes an empty reason for what it is, not for an absent one', async () => {
    await block();
    expect(await block({ suspensionReason: '' })).toMatchObject({ changed: true });
    expect((await getUser(api, ada.id)).suspension).toMatchObject({ reason: '' });
  });

  it('replaces what the user is told, though all else stays', async () => {
    const told = { suspensionReason: 'Spam', notifyUserViaEmail: true };
    await block({ ...told, reasonForUser: 'You sent advertisements.' });
    expect(await block({ ...told, reasonForUser: 'You sent advertisements.' })).toMatchObject({
      changed: false,
    });
    const replaced = await block({ ...told, reasonForUser: 'You sent advertisements to strangers.' });
    expect(replaced).toMatchObject({ changed: true, deliveries: [{ channel: 'email' }] });
    expect(await block(told)).toMatchObject({ changed: true });
    const events = (await ofAda('events')).map(({ payload }) => JSON.parse(String(payload)) as EventEnvelope);
    expect(events.map(({ data }) => data)).toMatchObject([
      { reason: 'Spam', reasonForUser: 'You sent advertisements.' },
      { reason: 'Spam', reasonForUser: 'You sent advertisements to strangers.' },
      { reason: 'Spam', reasonForUser: null },
    ]);
  });

  it('that says the same tells nobody new, and revokes again (I4, I1)', async () => {
    const asked = { suspensionReason: 'Spam', triggerWebhook: true, notifyUserViaEmail: true };
    const first = await block(asked);
    expect(first.deliveries.map(({ channel }) => channel).sort()).toEqual(['email', 'webhook']);
    const repeated = await block(asked);
    expect(repeated).toEqual({
      userId: ada.id,
      status: 'suspended',
      changed: false,
      suspensionId: first.suspensionId,
      accessEpoch: first.accessEpoch + 1,
      sessionsRevoked: 0,
      eventId: null,
      deliveries: [],
    });
    expect(await ofAda('deliveries')).toHaveLength(2);
    expect(await ofAda('events')).toHaveLength(1);
  });

  it('that asks for another channel tells that one alone, once (I4)', async () => {
    const first = await block({ triggerWebhook: true });
    const second = await block({ triggerWebhook: true, notifyUserViaEmail: true });
    expect(second).toMatchObject({
      changed: false,
      suspensionId: first.suspensionId,
      deliveries: [{ channel: 'email' }],
    });
    const third = await block({ triggerWebhook: true, notifyUserViaEmail: true });
    expect(third.deliveries).toEqual([]);
    expect(await targetsOfAda()).toEqual([
      ['webhook', endpoint.id],
      ['email', String(ada.id)],
    ]);
    const [open] = await ofAda('suspensions');
    expect([toBoolean(open?.notify_webhook), toBoolean(open?.notify_email)]).toEqual([true, true]);
  });

  it('that changes the reason tells again where it asks', async () => {
    await block({ triggerWebhook: true });
    const { deliveries } = await block({ triggerWebhook: true, suspensionReason: 'Now with a reason' });
    expect(deliveries).toHaveLength(1);
  });
});

describe('I4: what nobody asked for is never sent', () => {
  it.each([undefined, {}, { triggerWebhook: false, notifyUserViaEmail: false }])(
    'by %j, over block, repeat, replacement and unblock',
    async (flags) => {
      await block(flags);
      await block(flags);
      await block({ ...flags, suspensionReason: 'x' });
      await unblock(flags);
      await unblock(flags);
      expect(await ofAda('deliveries')).toEqual([]);
    },
  );

  it('an endpoint is told what it subscribed to, and nothing else', async () => {
    const unblocks = await newEndpoint(api, ['user.unblocked']);
    await block({ triggerWebhook: true });
    await unblock({ triggerWebhook: true });
    expect(await targetsOfAda()).toEqual(
      expect.arrayContaining([
        ['webhook', endpoint.id],
        ['webhook', endpoint.id],
        ['webhook', unblocks.id],
      ]),
    );
    expect(await targetsOfAda()).toHaveLength(3);
    await api.call('DELETE', `/api/v1/webhook-endpoints/${unblocks.id}`);
  });

  it('an e-mail to a user without an address is no delivery', async () => {
    ada = await newUser(api, {});
    expect(await block({ notifyUserViaEmail: true })).toMatchObject({ changed: true, deliveries: [] });
  });

  it('an unblock of a user who is not blocked tells nobody, and revokes (I1)', async () => {
    const { sessionId } = await newSession(api, ada.id);
    const receipt = await unblock({ triggerWebhook: true, notifyUserViaEmail: true });
    expect(receipt).toEqual({
      userId: ada.id,
      status: 'active',
      changed: false,
      suspensionId: null,
      accessEpoch: 2,
      sessionsRevoked: 1,
      eventId: null,
      deliveries: [],
    });
    expect(await ofAda('events')).toEqual([]);
    expect(await isActive(api, sessionId)).toBe(false);
  });
});

describe('what a block and an unblock leave behind', () => {
  it('I5: one event each, with a sequence that grows by one, the epoch, who, why and when', async () => {
    const token = await clientToken(api, 'users:block', 'users:unblock');
    const reason = `It's "quoted" \\ 🚫 '; DROP TABLE users; --`;
    const blocked = await block({ suspensionReason: reason, blockedByUserId: 9001 }, token);
    await block({ suspensionReason: reason }, token);
    const unblocked = await unblock({ unblockedByUserId: 9002 }, token);
    const again = await block();
    const events = await ofAda('events');
    expect(events.map(({ id }) => toUuid(id))).toEqual([blocked.eventId, unblocked.eventId, again.eventId]);
    expect(events.map(({ sequence }) => toInteger(sequence))).toEqual([1, 2, 3]);

    const [first, second] = events.map(({ payload }) => JSON.parse(String(payload)) as { timestamp: string });
    const data = {
      userId: ada.id,
      uid: ada.uid,
      suspensionId: blocked.suspensionId,
      reason,
      reasonForUser: null,
      category: null,
      actor: 'client-7',
      blockedUntil: null,
    };
    expect(first).toEqual({
      type: 'user.blocked',
      timestamp: first?.timestamp,
      data: {
        ...data,
        sequence: 1,
        epoch: 2,
        onBehalfOfUserId: 9001,
        blockedAt: first?.timestamp,
        unblockedAt: null,
        cause: null,
      },
    });
    expect(second).toEqual({
      type: 'user.unblocked',
      timestamp: second?.timestamp,
      data: {
        ...data,
        sequence: 2,
        epoch: 4,
        onBehalfOfUserId: 9002,
        blockedAt: first?.timestamp,
        unblockedAt: second?.timestamp,
        cause: 'unblocked',
      },
    });
  });

  it('an audit record for each call: the actor from the token, never from the body (I7)', async () => {
    const token = await clientToken(api, 'users:block', 'users:unblock');
    await block({ suspensionReason: 'Confidential', blockedByUserId: 9001 }, token);
    await block({ suspensionReason: 'Confidential' }, token);
    await unblock({}, token);
    const records = (await rowsOf(api.services.database, 'audit_records')).filter(
      ({ target, action }) => target === `user:${ada.id}` && action !== 'user.create',
    );
    const requestId = expect.stringMatching(/^[0-9a-f-]{36}$/) as string;
    const by = { actor: 'client-7', client_id: 'client-7', request_id: requestId };
    expect(records).toMatchObject([
      { ...by, action: 'user.block', changed_fields: '["suspension","accessEpoch"]' },
      { ...by, action: 'user.block', changed_fields: '["accessEpoch"]' },
      { ...by, action: 'user.unblock', changed_fields: '["suspension","accessEpoch"]' },
    ]);
    expect(JSON.stringify(records)).not.toContain('Confidential');
  });

  it('a revocation for each call, with the epoch from then on (I1)', async () => {
    await block();
    await block();
    await unblock();
    await unblock();
    const rows = (await rowsOf(api.services.database, 'access_revocations')).filter(
      ({ uid }) => uid === ada.uid,
    );
    expect(rows.map(({ cause, epoch, sid }) => [cause, toInteger(epoch), sid])).toEqual([
      ['block', 2, null],
      ['block', 3, null],
      ['unblock', 4, null],
      ['unblock', 5, null],
    ]);
  });

  it.each([
    [undefined, null],
    [{}, null],
    [{ blockedByUserId: 0 }, null],
    [{ blockedByUserId: 9001 }, 9001],
    [{ blockedByUserId: 2 ** 53 - 1 }, 2 ** 53 - 1],
  ])('%j is recorded as on behalf of %j: 0 counts as unset', async (body, expected) => {
    await block(body);
    expect((await getUser(api, ada.id)).suspension).toMatchObject({
      actor: 'admin',
      onBehalfOfUserId: expected,
    });
  });

  it('the sessions of the user are not written: their epoch is old now, and that kills them', async () => {
    await newSession(api, ada.id);
    const before = (await snapshotOf(api.services.database)).sessions;
    await block();
    expect((await snapshotOf(api.services.database)).sessions).toEqual(before);
  });

  it('a block counts only the sessions that it kills', async () => {
    await newSession(api, ada.id);
    const { sessionId } = await newSession(api, ada.id);
    await api.call('DELETE', `/api/v1/sessions/${sessionId}`);
    const soon = new Date(Date.now() + 60_000).toISOString();
    await newSession(api, ada.id, { expiresAt: soon });
    api.clock.shiftMs = 120_000;
    const { sessionsRevoked } = await block();
    api.clock.shiftMs = 0;
    expect(sessionsRevoked).toBe(1);
  });
});

describe('I2: no resurrection', () => {
  it('what a block killed stays dead after unblock and re-block, and its ids are never accepted again', async () => {
    const sessions = ['one', 'two'].map((name) => `${name}-${ada.id}`);
    for (const sessionId of sessions) await newSession(api, ada.id, { sessionId });
    for (const act of [block, unblock, block, unblock, unblock]) {
      await act();
      for (const sessionId of sessions) expect(await isActive(api, sessionId)).toBe(false);
    }
    for (const sessionId of sessions) {
      const { status } = await api.call('POST', `/api/v1/users/${ada.id}/sessions`, {
        body: { clientId: 'web', expiresAt: FAR_FUTURE, sessionId },
      });
      expect(status).toBe(409);
    }
  });

  it('the epoch grows with every call of many at once, and is never lowered', async () => {
    const calls = Array.from({ length: 30 }, (_, index) => (index % 3 === 0 ? unblock() : block()));
    const epochs = (await Promise.all(calls)).map(({ accessEpoch }) => accessEpoch);
    expect(epochs.sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, index) => index + 2));
    expect((await getUser(api, ada.id)).accessEpoch).toBe(31);
    const sequences = (await ofAda('events')).map(({ sequence }) => toInteger(sequence));
    expect(new Set(sequences).size).toBe(sequences.length);
    const open = (await ofAda('suspensions')).filter(({ open_user_id }) => open_user_id !== null);
    expect(open).toHaveLength((await getUser(api, ada.id)).isSuspended ? 1 : 0);
  });
});
