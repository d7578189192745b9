import { sql } from '../../src/database/sql';
import { describeOperation } from './support/describe-operation';
import { change, newSession, newUser, type SessionBody } from './support/fixtures';
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

  it('200: touches at the same moment write once and wait for nobody', async () => {
    const { id } = await newUser(test.api);
    const { sessionId } = await newSession(test.api, id);
    const answers = await Promise.all(Array.from({ length: 8 }, () => touch(sessionId)));
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(8).fill(200));
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

  it('400: a session id that can be none', async () => {
    expect((await touch('a%20b')).status).toBe(400);
  });
});
