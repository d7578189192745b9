import pino from 'pino';
import { toInteger, toUuid } from '../../src/database/decode';
import type { Engine } from '../../src/database/engines/engine';
import { sql } from '../../src/database/sql';
import { relayDue } from '../../src/events/relay';
import type { JobQueues } from '../../src/queues/queues';
import { queueOf } from '../../src/registrations';
import { change, getUser, newEndpoint, newUser, type ReceiptBody } from '../api/support/fixtures';
import { rowsOf } from '../api/support/tables';
import { startTestApi, type TestApi } from '../support/test-api';

const LOST_BY_THE_QUEUE_MS = 31_000;

let api: TestApi;
let engine: Engine;
let send: Engine['send'];

beforeAll(async () => {
  api = await startTestApi({ LOG_LEVEL: 'silent' });
  engine = api.services.database.engine;
  send = engine.send.bind(engine);
  await newEndpoint(api);
});
afterEach(() => {
  api.clock.shiftMs = 0;
  jest.restoreAllMocks();
});
afterAll(() => api.close());

const newUsers = (count: number) => Promise.all(Array.from({ length: count }, () => newUser(api)));
const block = (id: number) => change(api, 'block', id, { body: { triggerWebhook: true } });

/** Keeps the next transaction that writes a revocation open between its last write and its COMMIT. */
function holdNextCommit(): { held: Promise<void>; release: () => void } {
  let arrived: () => void = () => undefined;
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (arrived = resolve));
  const released = new Promise<void>((resolve) => (release = resolve));
  let armed = true;
  jest.spyOn(engine, 'send').mockImplementation(async (connection, script, count) => {
    if (!armed || !script.includes('INTO access_revocations') || !script.endsWith('; COMMIT')) {
      return send(connection, script, count);
    }
    armed = false;
    const written = await send(connection, script.slice(0, -'; COMMIT'.length), count - 1);
    arrived();
    await released;
    return [...written, ...(await send(connection, 'COMMIT', 1))];
  });
  return { held, release: () => release() };
}

/** What one round of the relay finds once everything that was handed over counts as lost. */
async function relayed(): Promise<string[]> {
  const found: string[] = [];
  const queues: JobQueues = {
    add: (_queue, jobs) => Promise.resolve(void found.push(...jobs.map(({ deliveryId }) => deliveryId))),
    ping: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  api.clock.shiftMs += LOST_BY_THE_QUEUE_MS;
  await relayDue({
    database: api.services.database,
    queues,
    queueOf,
    log: pino({ level: 'silent' }),
    onRelayed: () => undefined,
  });
  return found.sort();
}

/** Waits until so many sign-ins wait for the row of this user. */
async function untilWaiting(userId: number, count: number): Promise<void> {
  const like = engine.name === 'mysql' ? `%${userId}%SHARE%` : `%${userId}%NO KEY UPDATE%`;
  // Not InnoDB's list of transactions: MySQL does not renew it while it is read again and again.
  const waiting =
    engine.name === 'mysql'
      ? sql`SELECT id FROM information_schema.processlist WHERE info LIKE ${like} AND id <> CONNECTION_ID()`
      : sql`SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE ${like}`;
  while ((await api.services.database.query(waiting)).rows.length < count);
}

const idsOf = (receipts: readonly ReceiptBody[]) =>
  receipts.flatMap(({ deliveries }) => deliveries.map(({ id }) => id)).sort();
const revokedUids = async () =>
  (await rowsOf(api.services.database, 'access_revocations')).map(({ uid }) => uid as string);

describe('a transaction that is held open while later ones commit', () => {
  it('I4: loses no delivery and no revocation, though its ids are older than what was read already', async () => {
    const [slow, ...others] = await newUsers(6);
    if (!slow) throw new Error('there is no user');
    const { held, release } = holdNextCommit();
    const slowBlock = block(slow.id);
    await held;
    const later = await Promise.all(others.map(({ id }) => block(id)));
    expect(await relayed()).toEqual(idsOf(later));
    const seen = await revokedUids();
    expect(seen).toEqual(expect.arrayContaining(others.map(({ uid }) => uid)));
    expect(seen).not.toContain(slow.uid);

    release();
    const receipt = await slowBlock;
    const [delivery] = receipt.deliveries;
    expect(later.every(({ deliveries: [other] }) => (delivery?.id ?? '') < (other?.id ?? ''))).toBe(true);
    expect(await relayed()).toEqual(idsOf([receipt, ...later]));
    const all = await revokedUids();
    expect(all).toContain(slow.uid);
    // The feed's reader must not advance a mark over it: the late row stands before the last that was there.
    expect(all.indexOf(slow.uid)).toBeLessThan(all.length - 1);
  });

  it('I1: whoever signs in while a block is about to commit waits for it, and is refused', async () => {
    const [ada] = await newUsers(1);
    if (!ada) throw new Error('there is no user');
    const { held, release } = holdNextCommit();
    const blocking = block(ada.id);
    await held;
    const signIns = Array.from({ length: 5 }, () =>
      api.call('POST', `/api/v1/users/${ada.id}/sessions`, {
        body: { clientId: 'web', expiresAt: '2099-12-31T23:59:59Z' },
      }),
    );
    // Three of one user wait with a connection, the others behind them.
    await untilWaiting(ada.id, 3);
    release();
    await blocking;
    expect((await Promise.all(signIns)).map(({ status }) => status)).toEqual([403, 403, 403, 403, 403]);
  });
});

describe('a user whose row somebody else holds', () => {
  it('does not keep others from being blocked, and is blocked once it is free', async () => {
    const users = await newUsers(12);
    const [heldUser] = users;
    if (!heldUser) throw new Error('there is no user');
    const { database } = api.services;
    let done: ReceiptBody[] = [];
    let waiting: Promise<ReceiptBody> | undefined;
    await database.transaction(async (tx) => {
      await tx.read(sql`SELECT id FROM users WHERE id = ${heldUser.id} FOR UPDATE`);
      const calls = users.map(({ id }) => block(id));
      waiting = calls[0];
      done = await Promise.all(calls.slice(1));
    });
    expect(done.map(({ status }) => status)).toEqual(Array<string>(11).fill('suspended'));
    expect(await waiting).toMatchObject({ userId: heldUser.id, changed: true, accessEpoch: 2 });
  });
});

describe('I3: a connection that is lost during COMMIT', () => {
  it('answers 503 service.outcome_unknown to each call that shared it, and nothing is run again', async () => {
    const users = await newUsers(8);
    let lost = 0;
    jest.spyOn(engine, 'send').mockImplementation(async (connection, script, count) => {
      const results = await send(connection, script, count);
      if (!script.includes('INTO access_revocations')) return results;
      lost++;
      engine.destroy(connection);
      return send(connection, 'SELECT 1', 1);
    });
    const answers = await Promise.all(
      users.map(({ id }) =>
        api.call('PATCH', `/api/v1/users/${id}/block`, { body: { triggerWebhook: true } }),
      ),
    );
    jest.restoreAllMocks();
    for (const { status, body, headers } of answers) {
      expect([status, (body as { code: string }).code]).toEqual([503, 'service.outcome_unknown']);
      expect(headers.get('retry-after')).toBe('1');
    }
    // Some went together: otherwise this shows nothing about groups.
    expect(lost).toBeLessThan(users.length);
    for (const { id } of users) {
      expect(await getUser(api, id)).toMatchObject({ accessEpoch: 2, isSuspended: true });
    }
    const deliveries = (await rowsOf(api.services.database, 'deliveries')).filter(({ user_id: userId }) =>
      users.some(({ id }) => id === toInteger(userId)),
    );
    expect(deliveries).toHaveLength(users.length);
    // I4: nobody handed them over, so the relay does.
    const found = await relayed();
    expect(found).toEqual(expect.arrayContaining(deliveries.map(({ id }) => toUuid(id))));
  });

  it('repeating the call is safe, as its answer says', async () => {
    const [ada] = await newUsers(1);
    if (!ada) throw new Error('there is no user');
    const first = await block(ada.id);
    const second = await block(ada.id);
    expect(second).toMatchObject({ changed: false, suspensionId: first.suspensionId, deliveries: [] });
  });
});

describe('many users at once', () => {
  it('each caller gets the outcome of its own call, also where users do not exist', async () => {
    const users = await Promise.all(Array.from({ length: 20 }, () => newUser(api)));
    const calls = users.flatMap(({ id }, index) => [
      api.call('PATCH', `/api/v1/users/${id}/block`, {
        body: { suspensionReason: `Reason ${id}`, triggerWebhook: index % 2 === 0 },
      }),
      api.call('PATCH', `/api/v1/users/${2_000_000 + index}/block`),
    ]);
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    expect(statuses).toEqual(users.flatMap(() => [204, 404]));
    for (const [index, { id }] of users.entries()) {
      expect((await getUser(api, id)).suspension).toMatchObject({ reason: `Reason ${id}` });
      const { body } = await api.call('GET', `/api/v1/users/${id}/deliveries`);
      expect((body as { items: unknown[] }).items).toHaveLength(index % 2 === 0 ? 1 : 0);
    }
  });
});
