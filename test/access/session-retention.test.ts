import { sessionSweeps } from '../../src/access/session-retention';
import { retireSessions, retireSessionsOf } from '../../src/access/retire-sessions';
import { toText } from '../../src/database/decode';
import { commaSeparated, sql } from '../../src/database/sql';
import { SWEEP_BATCH } from '../../src/database/sweeper';
import { change, done, FAR_FUTURE, newSession, newUser, type UserBody } from '../api/support/fixtures';
import { rowsOf, snapshotOf } from '../api/support/tables';
import { untilWaiting, whileHeld } from '../invariants/support/held-rows';
import { startTestApi, type TestApi } from '../support/test-api';

const DAYS = 30;
const DAY_MS = 86_400_000;

let api: TestApi;
let ada: UserBody;
let bob: UserBody;
beforeAll(async () => {
  api = await startTestApi();
});
beforeEach(async () => {
  ada = await newUser(api);
  bob = await newUser(api, { email: 'bob@example.com' });
});
afterEach(async () => {
  api.clock.shiftMs = 0;
  await api.services.database.query(sql`DELETE FROM sessions`);
  // Its order is that of time, unless a test has moved the clock.
  await api.services.database.query(sql`DELETE FROM access_revocations`);
});
afterAll(() => api.close());

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
const sidsLeft = async () =>
  (await rowsOf(api.services.database, 'sessions')).map(({ sid }) => toText(sid)).sort();

/** As a worker does that has just started; answers how many rows each batch removed. */
async function sweep(days = DAYS): Promise<number[]> {
  const batches: number[] = [];
  for (const { batch } of sessionSweeps(days).map((one) => ({ batch: one.batch.bind(one) }))) {
    for (let more = true; more;) {
      const swept = await batch(api.services.database);
      if (swept.removed > 0) batches.push(swept.removed);
      ({ more } = swept);
    }
  }
  return batches;
}

const signIn = (userId: number, sessionId: string) =>
  api.call('POST', `/api/v1/users/${userId}/sessions`, {
    body: { clientId: 'web', expiresAt: FAR_FUTURE, sessionId },
  });

/** Expired for 60 days when the sweep comes. */
const insertExpired = (userId: number, sids: readonly string[]) => {
  const expired = new Date(Date.now() - 60 * DAY_MS);
  const rows = sids.map((sid) => sql`(${sid}, ${userId}, 'web', 1, ${expired}, ${expired})`);
  return api.services.database.query(
    sql`INSERT INTO sessions (sid, user_id, client_id, epoch, created_at, expires_at) VALUES ${commaSeparated(rows)}`,
  );
};
const sidsOf = (prefix: string, count: number) => Array.from({ length: count }, (_, at) => `${prefix}-${at}`);

describe('retention of sessions', () => {
  it('removes what ended long enough ago, however it ended, and nothing else', async () => {
    const [long, short] = [inMs(3_600_000), inMs(DAYS * DAY_MS)];
    await newSession(api, ada.id, { sessionId: 'expired', expiresAt: long });
    await newSession(api, ada.id, { sessionId: 'left-idle', idleTimeout: 3_600 });
    await newSession(api, ada.id, { sessionId: 'of-an-older-epoch' });
    await newSession(api, bob.id, { sessionId: 'revoked' });
    await newSession(api, bob.id, { sessionId: 'alive' });
    await newSession(api, bob.id, { sessionId: 'expired-lately', expiresAt: short });
    await newSession(api, bob.id, { sessionId: 'left-idle-lately', idleTimeout: DAYS * 86_400 });
    await newSession(api, bob.id, { sessionId: 'revoked-lately' });
    await change(api, 'block', ada.id);
    await change(api, 'unblock', ada.id);
    await newSession(api, ada.id, { sessionId: 'alive-again' });
    await api.call('DELETE', '/api/v1/sessions/revoked');
    const eve = await newUser(api);
    await newSession(api, eve.id, { sessionId: 'of-an-epoch-until-lately' });

    expect(await sweep()).toEqual([]);
    api.clock.shiftMs = DAYS * DAY_MS + 3_700_000;
    await api.call('DELETE', '/api/v1/sessions/revoked-lately');
    await api.call('DELETE', `/api/v1/users/${eve.id}/sessions`);
    await sweep();
    expect(await sidsLeft()).toEqual([
      'alive',
      'alive-again',
      'expired-lately',
      'left-idle-lately',
      'of-an-epoch-until-lately',
      'revoked-lately',
    ]);
    api.clock.shiftMs *= 2;
    await sweep();
    expect(await sidsLeft()).toEqual(['alive', 'alive-again']);
  });

  it('I2: an id that it removed is unknown, and never accepted again, whoever signs in', async () => {
    await newSession(api, ada.id, { sessionId: 'removed', expiresAt: inMs(60_000) });
    api.clock.shiftMs = 31 * DAY_MS;
    await sweep();
    expect(await sidsLeft()).toEqual([]);
    const before = await snapshotOf(api.services.database);
    expect(before.retired_session_ids?.join()).not.toContain('removed');
    for (const userId of [ada.id, bob.id]) expect((await signIn(userId, 'removed')).status).toBe(409);
    for (const uid of [ada.uid, 'somebody-new']) {
      const body = { user: { uid }, clientId: 'web', expiresAt: FAR_FUTURE, sessionId: 'removed' };
      expect((await api.call('POST', '/api/v1/sign-ins', { body })).status).toBe(409);
    }
    expect((await api.call('GET', '/api/v1/sessions/removed')).status).toBe(404);
    expect((await api.call('POST', '/api/v1/sessions/removed/touch')).status).toBe(404);
    expect(await snapshotOf(api.services.database)).toEqual(before);
    expect((await signIn(ada.id, 'Removed')).status).toBe(201);
  });

  it('I2: nor while its removal is under way', async () => {
    await insertExpired(ada.id, ['going']);
    const { database } = api.services;
    await whileHeld(database, retireSessions(['going']), async (release) => {
      const answer = signIn(bob.id, 'going');
      await untilWaiting(database, (waiting) => waiting === 1);
      await release();
      expect((await answer).status).toBe(409);
    });
    expect(await sidsLeft()).toEqual([]);
  });

  it('works in bounded batches', async () => {
    await insertExpired(ada.id, sidsOf('many', 2 * SWEEP_BATCH + 1));
    expect(await sweep()).toEqual([SWEEP_BATCH, SWEEP_BATCH, 1]);
    await newSession(api, ada.id, { sessionId: 'alive' });
    expect(await sidsLeft()).toEqual(['alive']);
  });

  it('works in bounded batches where one end of access has killed very many', async () => {
    const sids = sidsOf('killed', SWEEP_BATCH + 1);
    await insertExpired(ada.id, sids);
    await api.services.database.query(sql`UPDATE sessions SET expires_at = ${new Date(FAR_FUTURE)}`);
    await change(api, 'block', ada.id);
    api.clock.shiftMs = 31 * DAY_MS;
    expect(await sweep()).toEqual([SWEEP_BATCH, 1]);
  });

  it('two workers at the same time do each other no harm', async () => {
    const count = 2 * SWEEP_BATCH;
    await insertExpired(ada.id, sidsOf('both', count));
    const removed = (await Promise.all([sweep(), sweep(), sweep()])).flat();
    // What one has skipped because another held it, the next sweep finds.
    const rest = await sweep();
    expect([...removed, ...rest].reduce((sum, one) => sum + one, 0)).toBe(count);
    expect(await sidsLeft()).toEqual([]);
  });
});

describe('retention of the revocation feed', () => {
  const causesLeft = async () =>
    (await rowsOf(api.services.database, 'access_revocations')).map(({ cause }) => cause);

  it('I7: forgets an end of access, and with it whom it tells of, a week after the sessions that ended', async () => {
    await change(api, 'block', ada.id);
    await done(api, 'DELETE', `/api/v1/users/${ada.id}`, { permanent: true });
    expect(await causesLeft()).toEqual(['erase']);
    api.clock.shiftMs = (DAYS + 6) * DAY_MS;
    await change(api, 'block', bob.id);
    await sweep();
    expect(await causesLeft()).toEqual(['erase', 'block']);
    api.clock.shiftMs = (DAYS + 8) * DAY_MS;
    expect(await sweep()).toEqual([1]);
    expect(await causesLeft()).toEqual(['block']);
  });

  it('keeps what the walk along it has not passed, however old', async () => {
    await newSession(api, ada.id, { sessionId: 'killed-long-ago' });
    await change(api, 'block', ada.id);
    api.clock.shiftMs = 100 * DAY_MS;
    const { database } = api.services;
    const [, sessions, revocations] = sessionSweeps(DAYS);
    expect(await revocations?.batch(database)).toEqual({ removed: 0, more: false });
    expect(await sessions?.batch(database)).toEqual({ removed: 1, more: false });
    expect(await sidsLeft()).toEqual([]);
    expect(await revocations?.batch(database)).toEqual({ removed: 1, more: false });
  });

  it('works in bounded batches, from the oldest on, beside other workers', async () => {
    const old = new Date(Date.now() - 60 * DAY_MS);
    const rows = Array.from({ length: SWEEP_BATCH + 1 }, () => sql`(${ada.uid}, 1, 'block', ${old})`);
    await api.services.database.query(
      sql`INSERT INTO access_revocations (uid, epoch, cause, revoked_at) VALUES ${commaSeparated(rows)}`,
    );
    await change(api, 'block', bob.id);
    const removed = (await Promise.all([sweep(), sweep()])).flat();
    expect(Math.max(...removed)).toBeLessThanOrEqual(SWEEP_BATCH);
    expect(removed.reduce((sum, one) => sum + one, 0)).toBe(SWEEP_BATCH + 1);
    expect(await causesLeft()).toEqual(['block']);
  });
});

describe('retireSessionsOf', () => {
  it('I2: removes all sessions of a user, beside retention, and her ids are never accepted again', async () => {
    await insertExpired(ada.id, ['hers']);
    await newSession(api, ada.id, { sessionId: 'hers-alive' });
    await newSession(api, bob.id, { sessionId: 'his' });
    const { database } = api.services;
    await whileHeld(database, retireSessions(['hers']), async (release) => {
      const erased = database.transaction((tx) => {
        retireSessionsOf([ada.id]).forEach((statement) => tx.write(statement));
        return Promise.resolve();
      });
      await untilWaiting(database, (waiting) => waiting === 1);
      await release();
      await erased;
    });
    expect(await sidsLeft()).toEqual(['his']);
    for (const sid of ['hers', 'hers-alive']) expect((await signIn(bob.id, sid)).status).toBe(409);
  });
});
