import { describeOperation } from './support/describe-operation';
import {
  change,
  FAR_FUTURE,
  getUser,
  isActive,
  newSession,
  newUser,
  type SessionBody,
  type UserBody,
} from './support/fixtures';
import { rowsOf, snapshotOf } from './support/tables';

interface SignedIn {
  user: UserBody;
  session: SessionBody;
  created: boolean;
}

describeOperation('signIn', {}, (test) => {
  const signIn = (user: object, more: object = {}) =>
    test.call('POST', '/api/v1/sign-ins', {
      body: { user, clientId: 'web', expiresAt: FAR_FUTURE, ...more },
    });

  it('201: the first sign-in creates the user as she was given, audited, with a session that is alive', async () => {
    const given = { uid: 'Grace', id: 7, email: 'Grace@example.com', firstName: 'Grace', locale: 'en' };
    const { status, headers, body } = await signIn(given);
    const { user, session, created }: SignedIn = body;
    expect([status, created]).toEqual([201, true]);
    expect(user).toMatchObject({ ...given, lastName: null, status: 'active', suspension: null });
    expect(session).toMatchObject({ userId: 7, clientId: 'web', epoch: 1, lastSeenAt: null, active: true });
    expect(await getUser(test.api, 7)).toEqual(user);
    expect((await test.api.call('GET', headers.get('location') ?? '')).body).toEqual(session);
    const records = await rowsOf(test.api.services.database, 'audit_records');
    expect(records.at(-1)).toMatchObject({ action: 'user.create', target: 'user:7' });
  });

  it('201: the next one finds her, and changes nothing of her', async () => {
    const first: SignedIn = (await signIn({ uid: 'again' })).body;
    await change(test.api, 'block', first.user.id);
    await change(test.api, 'unblock', first.user.id);
    const before = await getUser(test.api, first.user.id);
    const { status, body } = await signIn({ uid: 'again', id: 9, email: 'new@example.com' });
    const { user, session, created }: SignedIn = body;
    expect([status, created]).toEqual([201, false]);
    expect(user).toEqual(before);
    expect(session).toMatchObject({ userId: first.user.id, epoch: 3 });
    expect(await isActive(test.api, first.session.sessionId)).toBe(false);
  });

  it('201: keeps device, address and idle timeout of the session', async () => {
    const more = { device: 'Firefox', address: '192.0.2.7', idleTimeout: 900 };
    const { session }: SignedIn = (await signIn({ uid: 'at-home' }, more)).body;
    expect(session).toMatchObject(more);
  });

  it('201: a uid is compared byte by byte', async () => {
    const uids = ['byte', 'Byte', 'byte ', 'býte', 'by\u0301te'];
    const answers = await Promise.all(uids.map((uid) => signIn({ uid })));
    expect(new Set(answers.map(({ body }) => (body as SignedIn).user.id)).size).toBe(uids.length);
    expect(answers.map(({ body }) => (body as SignedIn).created)).toEqual(uids.map(() => true));
  });

  it.each([{ uid: 'race' }, { uid: 'race-with-id', id: 4711 }])(
    '201: of first sign-ins of %j at the same moment all succeed, and there is one user',
    async (user) => {
      const answers = await Promise.all(Array.from({ length: 8 }, () => signIn(user)));
      expect(answers.map(({ status }) => status)).toEqual(Array<number>(8).fill(201));
      const signedIn = answers.map(({ body }) => body as SignedIn);
      expect(new Set(signedIn.map((one) => one.user.id)).size).toBe(1);
      expect(signedIn.filter(({ created }) => created)).toHaveLength(1);
      expect(new Set(signedIn.map(({ session }) => session.sessionId)).size).toBe(8);
      const users = await rowsOf(test.api.services.database, 'users');
      expect(users.filter(({ uid }) => uid === user.uid)).toHaveLength(1);
    },
  );

  it('403: user.suspended for a user who is blocked; nothing changes (I1)', async () => {
    const { id } = await newUser(test.api, { uid: 'blocked' });
    await change(test.api, 'block', id);
    const before = await snapshotOf(test.api.services.database);
    const { status, body } = await signIn({ uid: 'blocked' });
    expect(status).toBe(403);
    expect(body).toMatchObject({ code: 'user.suspended' });
    expect(await snapshotOf(test.api.services.database)).toEqual(before);
  });

  it('409: a session id that was ever seen creates no user either (I2, I3)', async () => {
    const { id } = await newUser(test.api);
    await newSession(test.api, id, { sessionId: 'seen' });
    const before = await snapshotOf(test.api.services.database);
    for (const uid of ['new-one', 'ada']) {
      const { status, body } = await signIn({ uid }, { sessionId: 'seen' });
      expect(status).toBe(409);
      expect(body).toMatchObject({ code: 'session.id_used', errors: [{ pointer: '/body/sessionId' }] });
    }
    expect(await snapshotOf(test.api.services.database)).toEqual(before);
  });

  it("409: a new user's id that is taken; nothing changes", async () => {
    const before = await snapshotOf(test.api.services.database);
    const { status, body } = await signIn({ uid: 'somebody-else', id: 101 });
    expect(status).toBe(409);
    expect(body).toMatchObject({ code: 'user.id_taken', errors: [{ pointer: '/body/user/id' }] });
    expect(await snapshotOf(test.api.services.database)).toEqual(before);
  });

  it('400: an end in the past creates no user either (I3, I8)', async () => {
    const before = await snapshotOf(test.api.services.database);
    for (const uid of ['new-one', 'ada']) {
      const { status, body } = await signIn({ uid }, { expiresAt: '2020-01-01T00:00:00Z' });
      expect(status).toBe(400);
      expect(body).toMatchObject({ errors: [{ pointer: '/body/expiresAt' }] });
    }
    expect(await snapshotOf(test.api.services.database)).toEqual(before);
  });
});
