import pino from 'pino';
import { orNull, toInteger, toText, toTime, toUuid } from '../../src/database/decode';
import { sql } from '../../src/database/sql';
import { createOutbox } from '../../src/events/outbox';
import { expireDue } from '../../src/suspension/expire-suspensions';
import { channels } from '../../src/registrations';
import {
  change,
  getUser,
  isActive,
  newEndpoint,
  newSession,
  newUser,
  type UserBody,
} from '../api/support/fixtures';
import { rowsOf } from '../api/support/tables';
import { seedUsers } from '../invariants/support/seed-users';
import { startTestApi, type TestApi } from '../support/test-api';
import { rounds } from '../support/test-environment';

const HOUR_MS = 3_600_000;

jest.setTimeout(rounds(30_000, 300_000));

describe('a suspension with an until', () => {
  let api: TestApi;
  let ada: UserBody;
  let late: number[];

  beforeAll(async () => {
    api = await startTestApi({ LOG_LEVEL: 'silent' });
    await newEndpoint(api);
  });
  beforeEach(async () => {
    late = [];
    ada = await newUser(api);
  });
  afterEach(() => {
    api.clock.shiftMs = 0;
  });
  afterAll(() => api.close());

  const inAnHour = () => new Date(Date.now() + HOUR_MS).toISOString();
  const block = (body: object = {}) =>
    change(api, 'block', ada.id, { body: { blockedUntil: inAnHour(), ...body } });
  const pass = (ms: number) => {
    api.clock.shiftMs += ms;
  };

  /** What the worker does in one round. */
  const closeDue = () => {
    const { database, queues } = api.services;
    const outbox = createOutbox({
      channels,
      queues,
      onQueueAway: () => Promise.resolve(),
    });
    const log = pino({ level: 'silent' });
    return expireDue({ database, outbox, log, onExpired: (seconds) => late.push(seconds) });
  };

  const eventsOf = async (user: UserBody) =>
    (await rowsOf(api.services.database, 'events'))
      .filter(({ user_id }) => toInteger(user_id) === user.id)
      .map(({ id, sequence, payload }) => ({
        id: toUuid(id),
        sequence: toInteger(sequence),
        ...(JSON.parse(toText(payload)) as {
          type: string;
          timestamp: string;
          data: Record<string, unknown>;
        }),
      }));

  const channelsOf = async (eventId: string | undefined) =>
    (await rowsOf(api.services.database, 'deliveries'))
      .filter(({ event_id }) => toUuid(event_id) === eventId)
      .map(({ channel }) => toText(channel))
      .sort();

  const accessRevokedAt = async () => {
    const { rows } = await api.services.database.query(
      sql`SELECT access_revoked_at FROM users WHERE id = ${ada.id}`,
    );
    return orNull(toTime, rows[0]?.access_revoked_at)?.toISOString();
  };

  it('holds until then, and not a moment longer, whoever is late to close it (I1)', async () => {
    const before = await newSession(api, ada.id);
    const blockedUntil = inAnHour();
    await block({ blockedUntil });
    pass(HOUR_MS - 60_000);
    expect(await getUser(api, ada.id)).toMatchObject({ status: 'suspended', suspension: { blockedUntil } });
    pass(60_001);
    expect(await getUser(api, ada.id)).toMatchObject({ status: 'active', suspension: null });
    expect(await isActive(api, before.sessionId)).toBe(false);
  });

  it('is closed with one event, whose cause is `expired`; the epoch stays (I2, I5)', async () => {
    const blockedUntil = inAnHour();
    const { suspensionId } = await block({
      blockedUntil,
      suspensionReason: 'cooling off',
      category: 'abuse',
    });
    pass(HOUR_MS);
    await closeDue();
    const [blocked, ended, ...more] = await eventsOf(ada);
    expect(more).toEqual([]);
    expect(ended).toMatchObject({
      type: 'user.unblocked',
      timestamp: blockedUntil,
      sequence: 2,
      data: {
        suspensionId,
        cause: 'expired',
        sequence: 2,
        epoch: blocked?.data.epoch,
        reason: 'cooling off',
        category: 'abuse',
        actor: 'system:expiry',
        blockedUntil,
        unblockedAt: blockedUntil,
      },
    });
    expect(await getUser(api, ada.id)).toMatchObject({ status: 'active', accessEpoch: 2 });
    expect(await accessRevokedAt()).toBe(blockedUntil);
    const { body } = await api.call('GET', `/api/v1/suspensions/${suspensionId}`);
    expect(body).toMatchObject({ endedAt: blockedUntil, endCause: 'expired', endedBy: 'system:expiry' });
  });

  it('is closed once, however often and by however many workers', async () => {
    await block();
    pass(HOUR_MS);
    await Promise.all([closeDue(), closeDue(), closeDue()]);
    await closeDue();
    expect((await eventsOf(ada)).map(({ type }) => type)).toEqual(['user.blocked', 'user.unblocked']);
    expect(late.filter((seconds) => seconds >= 0)).toHaveLength(1);
  });

  it('whoever signed in between the until and the closing stays signed in', async () => {
    await block();
    pass(HOUR_MS);
    const { sessionId } = await newSession(api, ada.id);
    await closeDue();
    expect(await isActive(api, sessionId)).toBe(true);
  });

  it('what was revoked between the until and the closing stays revoked (I2)', async () => {
    await block();
    pass(HOUR_MS);
    const { sessionId } = await newSession(api, ada.id);
    await api.call('DELETE', `/api/v1/users/${ada.id}/sessions`);
    const revokedAt = await accessRevokedAt();
    await closeDue();
    expect(await isActive(api, sessionId)).toBe(false);
    expect(await accessRevokedAt()).toBe(revokedAt);
  });

  it.each([
    ['neither', {}, []],
    ['the webhook', { triggerWebhook: true }, ['webhook']],
    ['the e-mail', { notifyUserViaEmail: true }, ['email']],
    ['both', { triggerWebhook: true, notifyUserViaEmail: true }, ['email', 'webhook']],
  ])('its end is told as the block asked: %s (I4)', async (_what, flags, channels) => {
    ada = await newUser(api, { email: `ada-${Date.now()}@example.com` });
    await block(flags);
    pass(HOUR_MS);
    await closeDue();
    expect(await channelsOf((await eventsOf(ada)).at(-1)?.id)).toEqual(channels);
  });

  it('a channel that a repeated block asked for is told of the end, too (I4)', async () => {
    const blockedUntil = inAnHour();
    await block({ blockedUntil });
    await block({ blockedUntil, triggerWebhook: true });
    pass(HOUR_MS);
    await closeDue();
    expect(await channelsOf((await eventsOf(ada)).at(-1)?.id)).toEqual(['webhook']);
  });

  it('is extended and shortened by blocking again', async () => {
    await block();
    await block({ blockedUntil: new Date(Date.now() + 3 * HOUR_MS).toISOString() });
    pass(2 * HOUR_MS);
    await closeDue();
    expect(await getUser(api, ada.id)).toMatchObject({ status: 'suspended' });
    await block({ blockedUntil: new Date(Date.now() + 2.5 * HOUR_MS).toISOString() });
    pass(0.6 * HOUR_MS);
    expect(await getUser(api, ada.id)).toMatchObject({ status: 'active' });
    await closeDue();
    const events = await eventsOf(ada);
    expect(events.map(({ data }) => data.cause)).toEqual([null, null, null, 'expired']);
  });

  it('an until that is taken away lasts without end, and a lifted one is not closed again', async () => {
    await block();
    await change(api, 'block', ada.id);
    pass(2 * HOUR_MS);
    await closeDue();
    expect(await getUser(api, ada.id)).toMatchObject({ status: 'suspended' });
    await change(api, 'unblock', ada.id);
    await closeDue();
    const events = await eventsOf(ada);
    expect(events.map(({ data }) => data.cause)).toEqual([null, null, 'unblocked']);
  });

  it('a block that finds one run out closes it first, with its own event and flags (I4, I5)', async () => {
    await block({ triggerWebhook: true });
    pass(HOUR_MS);
    await change(api, 'block', ada.id, { body: { suspensionReason: 'again' } });
    await closeDue();
    const events = await eventsOf(ada);
    expect(events.map(({ type, sequence, data }) => [type, sequence, data.sequence, data.cause])).toEqual([
      ['user.blocked', 1, 1, null],
      ['user.unblocked', 2, 2, 'expired'],
      ['user.blocked', 3, 3, null],
    ]);
    expect(await channelsOf(events[1]?.id)).toEqual(['webhook']);
    expect(await channelsOf(events[2]?.id)).toEqual([]);
    expect(await getUser(api, ada.id)).toMatchObject({ status: 'suspended', accessEpoch: 3 });
  });

  it('an unblock that finds one run out closes it as run out, and revokes as always', async () => {
    await block();
    pass(HOUR_MS);
    const receipt = await change(api, 'unblock', ada.id, { body: { triggerWebhook: true } });
    expect(receipt).toMatchObject({ changed: false, eventId: null, accessEpoch: 3 });
    await closeDue();
    const events = await eventsOf(ada);
    expect(events.map(({ data }) => data.cause)).toEqual([null, 'expired']);
  });

  it('a clock that jumps back after the closing brings nothing back', async () => {
    await block();
    pass(HOUR_MS);
    const { sessionId } = await newSession(api, ada.id);
    await closeDue();
    pass(-HOUR_MS);
    await closeDue();
    expect(await getUser(api, ada.id)).toMatchObject({ status: 'active', accessEpoch: 2 });
    expect(await isActive(api, sessionId)).toBe(true);
    expect(await eventsOf(ada)).toHaveLength(2);
  });

  it('a clock that jumps back before the closing holds the suspension until the time comes again', async () => {
    await block();
    pass(HOUR_MS);
    expect(await getUser(api, ada.id)).toMatchObject({ status: 'active' });
    pass(-HOUR_MS / 2);
    await closeDue();
    expect(await getUser(api, ada.id)).toMatchObject({ status: 'suspended' });
    pass(HOUR_MS / 2);
    await closeDue();
    expect(await eventsOf(ada)).toHaveLength(2);
  });

  it('a user who is held by somebody else keeps no other from being closed', async () => {
    const eve = await newUser(api);
    await change(api, 'block', eve.id, { body: { blockedUntil: inAnHour() } });
    await block();
    pass(HOUR_MS);
    await api.services.database.transaction(async (tx) => {
      await tx.read(sql`SELECT id FROM users WHERE id = ${ada.id} FOR UPDATE`);
      await closeDue();
      expect(await eventsOf(eve)).toHaveLength(2);
      expect(await eventsOf(ada)).toHaveLength(1);
    });
    await closeDue();
    expect(await eventsOf(ada)).toHaveLength(2);
  });

  it('many that run out in the same minute are each closed once, by two workers', async () => {
    const count = rounds(450, 10_000);
    const { database } = api.services;
    const first = 5_000_000;
    const users = await seedUsers(database, count, first);
    for (let at = 0; at < count; at += 1_000) {
      const body = { action: 'block', userIds: users.slice(at, at + 1_000), blockedUntil: inAnHour() };
      expect((await api.call('POST', '/api/v1/suspensions/batch', { body })).status).toBe(200);
    }
    pass(HOUR_MS);
    const untilNoneIsDue = async () => {
      while ((await closeDue()) === 0);
    };
    const among = sql`id >= ${first} AND id < ${first + count}`;
    const anyIsDue = async () =>
      (await database.query(sql`SELECT id FROM users WHERE suspended = TRUE AND ${among} LIMIT 1`)).rows
        .length > 0;
    while (await anyIsDue()) await Promise.all([untilNoneIsDue(), untilNoneIsDue()]);
    const { rows } = await database.query(
      sql`SELECT COUNT(*) AS events, COUNT(DISTINCT user_id) AS users FROM events
        WHERE type = 'user.unblocked' AND user_id >= ${first} AND user_id < ${first + count}`,
    );
    expect([toInteger(rows[0]?.events), toInteger(rows[0]?.users)]).toEqual([count, count]);
  });
});
