import { describeOperation } from './support/describe-operation';
import { change, FAR_FUTURE, isActive, newSession, newUser, type SessionBody } from './support/fixtures';
import { rowsOf, snapshotOf } from './support/tables';

const missing = { path: '/api/v1/users/102/sessions', code: 'user.not_found' };

describeOperation('createSession', { missing }, (test) => {
  const signIn = (id: number, more: object = {}) =>
    test.call('POST', `/api/v1/users/${id}/sessions`, {
      body: { clientId: 'web', expiresAt: FAR_FUTURE, ...more },
    });

  it('201: answers the session, its epoch and where it is', async () => {
    const { id } = await newUser(test.api);
    await change(test.api, 'block', id);
    await change(test.api, 'unblock', id);
    const { status, headers, body } = await signIn(id);
    const session: SessionBody = body;
    expect(status).toBe(201);
    expect(session).toMatchObject({
      userId: id,
      clientId: 'web',
      epoch: 3,
      expiresAt: FAR_FUTURE,
      active: true,
    });
    expect(headers.get('location')).toBe(`/api/v1/sessions/${session.sessionId}`);
    expect((await test.api.call('GET', headers.get('location') ?? '')).body).toEqual(session);
  });

  it("201: keeps the provider's own session id, whatever printable ASCII it is", async () => {
    const sessionId = String.raw`!"#$%&'()*+,-./:;<=>?@[\]^_{|}~`;
    const { status, headers, body } = await signIn(101, { sessionId });
    expect(status).toBe(201);
    expect(body).toMatchObject({ sessionId });
    expect((await test.api.call('GET', headers.get('location') ?? '')).body).toMatchObject({ sessionId });
  });

  it('201: a time with an offset is the same moment, answered in UTC', async () => {
    const { body } = await signIn(101, { expiresAt: '2099-12-31T23:59:59.5+14:00' });
    expect(body).toMatchObject({ expiresAt: '2099-12-31T09:59:59.500Z' });
  });

  it('201: keeps device, address and idle timeout; what is absent is null', async () => {
    const more = { device: 'Firefox on Linux', address: '2001:DB8:0::1', idleTimeout: 900 };
    const session: SessionBody = (await signIn(101, more)).body;
    expect(session).toMatchObject({ ...more, address: '2001:db8::1', expiresAt: FAR_FUTURE });
    expect(Date.parse(session.idleExpiresAt ?? '')).toBe(Date.parse(session.createdAt) + 900_000);
    const nothing = { device: null, address: null, idleTimeout: null, idleExpiresAt: null };
    expect((await signIn(101)).body).toMatchObject(nothing);
  });

  it('201: an idle timeout does not outlast the session', async () => {
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    const { body } = await signIn(101, { expiresAt, idleTimeout: 600 });
    expect(body).toMatchObject({ expiresAt, idleExpiresAt: expiresAt });
  });

  it('403: user.suspended for a user who is blocked; no session is left (I1)', async () => {
    const { id } = await newUser(test.api);
    await change(test.api, 'block', id);
    const before = await snapshotOf(test.api.services.database);
    const { status, body, headers } = await signIn(id);
    expect(status).toBe(403);
    expect(body).toMatchObject({ code: 'user.suspended' });
    // It is not the token that is at fault (RFC 6750, section 3.1).
    expect(headers.get('www-authenticate')).toBeNull();
    expect(await snapshotOf(test.api.services.database)).toEqual(before);
  });

  it('409: a session id that was ever seen, alive, dead or another user’s (I2)', async () => {
    const [ada, bob] = [await newUser(test.api), await newUser(test.api, { email: 'bob@example.com' })];
    const alive = await newSession(test.api, ada.id, { sessionId: 'alive' });
    await newSession(test.api, bob.id, { sessionId: 'revoked' });
    await test.api.call('DELETE', '/api/v1/sessions/revoked');
    const before = await snapshotOf(test.api.services.database);
    for (const [userId, sessionId] of [
      [ada.id, 'alive'],
      [bob.id, 'alive'],
      [bob.id, 'revoked'],
      [ada.id, 'revoked'],
    ] as const) {
      const { status, body } = await signIn(userId, { sessionId });
      expect(status).toBe(409);
      expect(body).toMatchObject({ code: 'session.id_used', errors: [{ pointer: '/body/sessionId' }] });
    }
    expect(await snapshotOf(test.api.services.database)).toEqual(before);
    expect(await isActive(test.api, alive.sessionId)).toBe(true);
  });

  it('409: of two sign-ins with one session id at the same time, one succeeds (I2)', async () => {
    const { id } = await newUser(test.api);
    const answers = await Promise.all(Array.from({ length: 8 }, () => signIn(id, { sessionId: 'twice' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(7).fill(409)]);
    const sessions = await rowsOf(test.api.services.database, 'sessions');
    expect(sessions.filter(({ sid }) => sid === 'twice')).toHaveLength(1);
  });

  it.each(['2020-01-01T00:00:00Z', '2026-02-30T00:00:00Z', '2101-01-01T00:00:00Z', '9999-12-31T23:59:59Z'])(
    '400: expiresAt %s names the field (I8)',
    async (expiresAt) => {
      const { status, body } = await signIn(101, { expiresAt });
      expect(status).toBe(400);
      expect(body).toMatchObject({ errors: [{ pointer: '/body/expiresAt' }] });
    },
  );
});
