import { sql } from '../../src/database/sql';
import { untilWaiting, whileHeld } from '../invariants/support/held-rows';
import { describeOperation } from './support/describe-operation';
import {
  change,
  clientToken,
  isActive,
  newSession,
  newUser,
  type ProblemBody,
  type SessionBody,
} from './support/fixtures';
import { rowsOf, snapshotOf } from './support/tables';

const missing = { path: '/api/v1/sessions/nobody/touch', code: 'session.not_found' };

describeOperation('touchSession', { missing }, (test) => {
  const touch = (sessionId: string) => test.call('POST', `/api/v1/sessions/${sessionId}/touch`);
  const codeOf = async (sessionId: string) => {
    const { status, body } = await touch(sessionId);
    return [status, (body as { code: string }).code];
  };
  const seenAt = async (sessionId: string) =>
    (await rowsOf(test.api.services.database, 'sessions')).find(({ sid }) => sid === sessionId)?.last_seen_at;
  afterEach(() => {
    test.api.clock.shiftMs = 0;
  });

  it('200: the session, and when it was seen, written once a minute at most', async () => {
    const { id } = await newUser(test.api);
    const session = await newSession(test.api, id);
    expect(session.lastSeenAt).toBeNull();
    const first: SessionBody = (await touch(session.sessionId)).body;
    expect(first).toEqual({ ...session, lastSeenAt: expect.any(String) as string });
    const before = await snapshotOf(test.api.services.database);
    test.api.clock.shiftMs = 50_000;
    expect((await touch(session.sessionId)).body).toEqual(first);
    expect(await snapshotOf(test.api.services.database)).toEqual(before);
    test.api.clock.shiftMs = 70_000;
    const later: SessionBody = (await touch(session.sessionId)).body;
    expect(Date.parse(later.lastSeenAt ?? '')).toBeGreaterThan(Date.parse(first.lastSeenAt ?? '') + 60_000);
    expect(await seenAt(session.sessionId)).toEqual(new Date(later.lastSeenAt ?? ''));
  });

  it('200: touches at the same moment get in no other’s way', async () => {
    const { id } = await newUser(test.api);
    const { sessionId } = await newSession(test.api, id);
    const answers = await Promise.all(Array.from({ length: 8 }, () => touch(sessionId)));
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(8).fill(200));
  });

  it('200: with an idle timeout each touch moves the end, up to that of the session', async () => {
    const { id } = await newUser(test.api);
    const expiresAt = new Date(Date.now() + 1_500_000).toISOString();
    const session = await newSession(test.api, id, { expiresAt, idleTimeout: 600 });
    const begun = Date.parse(session.createdAt);
    expect(session.idleExpiresAt).toBe(new Date(begun + 600_000).toISOString());
    for (const seconds of [590, 1_180]) {
      test.api.clock.shiftMs = seconds * 1_000;
      const { status, body } = await touch(session.sessionId);
      const touched: SessionBody = body;
      expect(status).toBe(200);
      const idleExpiresAt = Math.min(Date.parse(touched.lastSeenAt ?? '') + 600_000, Date.parse(expiresAt));
      expect(touched).toMatchObject({
        expiresAt,
        idleTimeout: 600,
        idleExpiresAt: new Date(idleExpiresAt).toISOString(),
      });
      expect((await test.api.call('GET', `/api/v1/sessions/${session.sessionId}`)).body).toEqual(touched);
    }
    test.api.clock.shiftMs = 1_501_000;
    expect(await codeOf(session.sessionId)).toEqual([403, 'session.expired']);
  });

  it('200: of an idle timeout at most a tenth is lost to touches that are not written', async () => {
    const { id } = await newUser(test.api);
    const { sessionId } = await newSession(test.api, id, { idleTimeout: 100 });
    const first: SessionBody = (await touch(sessionId)).body;
    test.api.clock.shiftMs = 5_000;
    expect((await touch(sessionId)).body).toEqual(first);
    test.api.clock.shiftMs = 11_000;
    const later: SessionBody = (await touch(sessionId)).body;
    expect(Date.parse(later.idleExpiresAt ?? '')).toBeGreaterThan(
      Date.parse(first.idleExpiresAt ?? '') + 10_000,
    );
  });

  it('200: keeps where the user is now, at once, and shows it to those alone who may read sessions (I7)', async () => {
    const { id } = await newUser(test.api);
    const { sessionId } = await newSession(test.api, id, { device: 'Firefox', address: '192.0.2.7' });
    const path = `/api/v1/sessions/${sessionId}/touch`;
    const token = await clientToken(test.api, 'sessions:write');
    const { body: hidden } = await test.call('POST', path, { token, body: { address: '::ffff:192.0.2.8' } });
    expect(hidden).not.toHaveProperty('address');
    expect(hidden).not.toHaveProperty('device');
    const { body: shown } = await test.call('POST', path, { body: { device: 'Chrome' } });
    expect(shown).toMatchObject({ device: 'Chrome', address: '192.0.2.8' });
    expect((await test.api.call('GET', `/api/v1/sessions/${sessionId}`)).body).toEqual(shown);
  });

  it('I1: a touch that meets a block under way waits for it, and then refuses', async () => {
    const { database } = test.api.services;
    const { id } = await newUser(test.api);
    const { sessionId } = await newSession(test.api, id);
    const block = [
      sql`SELECT id FROM users WHERE id = ${id} FOR UPDATE`,
      sql`UPDATE users SET access_epoch = access_epoch + 1 WHERE id = ${id}`,
    ];
    await whileHeld(database, block, async (release) => {
      const answer = codeOf(sessionId);
      await untilWaiting(database, (waiting) => waiting === 1);
      await release();
      expect(await answer).toEqual([403, 'session.revoked']);
    });
  });

  it('403: user.suspended while the user is blocked, session.revoked ever after (I1, I2)', async () => {
    const { id } = await newUser(test.api);
    const { sessionId } = await newSession(test.api, id);
    await change(test.api, 'block', id);
    expect(await codeOf(sessionId)).toEqual([403, 'user.suspended']);
    await change(test.api, 'unblock', id);
    expect(await codeOf(sessionId)).toEqual([403, 'session.revoked']);
    expect(await seenAt(sessionId)).toBeNull();
  });

  it('403: session.revoked where it was revoked by itself, or all were', async () => {
    const { id } = await newUser(test.api);
    const [one, other] = [await newSession(test.api, id), await newSession(test.api, id)];
    await test.api.call('DELETE', `/api/v1/sessions/${one.sessionId}`);
    expect(await codeOf(one.sessionId)).toEqual([403, 'session.revoked']);
    await test.api.call('DELETE', `/api/v1/users/${id}/sessions`);
    expect(await codeOf(other.sessionId)).toEqual([403, 'session.revoked']);
  });

  it('403: session.expired, by the clock of the database', async () => {
    const { id } = await newUser(test.api);
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    const { sessionId } = await newSession(test.api, id, { expiresAt });
    test.api.clock.shiftMs = 60_000;
    expect(await codeOf(sessionId)).toEqual([403, 'session.expired']);
  });

  it('403: user.deactivated', async () => {
    const { id } = await newUser(test.api);
    const { sessionId } = await newSession(test.api, id);
    await test.api.services.database.query(
      sql`UPDATE users SET deactivated_at = ${new Date()} WHERE id = ${id}`,
    );
    expect(await codeOf(sessionId)).toEqual([403, 'user.deactivated']);
  });

  it('403: session.expired where it lay idle for too long', async () => {
    const { id } = await newUser(test.api);
    const { sessionId } = await newSession(test.api, id, { idleTimeout: 60 });
    test.api.clock.shiftMs = 60_000;
    expect(await codeOf(sessionId)).toEqual([403, 'session.expired']);
    expect(await isActive(test.api, sessionId)).toBe(false);
  });

  it.each(['1', '0x7f.1', '192.0.2.256', 'fe80::1%eth0', 'localhost', '1.2.3', ':::', '01.2.3.4'])(
    '400: %s is no address, and the answer names the field (I8)',
    async (address) => {
      const { id } = await newUser(test.api);
      const { sessionId } = await newSession(test.api, id);
      const { status, body } = await test.call('POST', `/api/v1/sessions/${sessionId}/touch`, {
        body: { address },
      });
      expect([status, (body as ProblemBody).errors?.[0]?.pointer]).toEqual([400, '/body/address']);
    },
  );

  it('400: a session id that can be none', async () => {
    expect((await touch('a%20b')).status).toBe(400);
  });
});
