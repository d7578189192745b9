import { describeOperation } from './support/describe-operation';
import {
  breakGlassToken,
  isActive,
  newProtectedUser,
  newSession,
  newUser,
  type ProblemBody,
} from './support/fixtures';
import { rowsOf, snapshotOf } from './support/tables';

const PATH = '/connect/global-token-revocation';

/** Whom the contract's example names. */
const path = async (...[api]: Parameters<typeof newUser>) => {
  await newUser(api, { uid: '5c9e2b1a', email: 'example@example.org' });
  return PATH;
};

describeOperation('revokeGlobally', { path }, (test) => {
  const revoke = (subId: unknown, token?: string) =>
    test.call('POST', PATH, { body: { sub_id: subId }, token });
  const snapshot = () => snapshotOf(test.api.services.database);
  let users = 0;
  /** Somebody with a session, whose address is hers alone. */
  const signedIn = async () => {
    const email = `User-${++users}@example.org`;
    const { id, uid } = await newUser(test.api, { email });
    return { id, uid, email, sessionId: (await newSession(test.api, id)).sessionId };
  };
  const issSub = (sub: string, iss = test.api.issuer.issuer) => ({ format: 'iss_sub', iss, sub });

  it.each<[string, (user: { uid: string; email: string }) => object]>([
    ['iss_sub', ({ uid }) => issSub(uid)],
    ['opaque', ({ uid }) => ({ format: 'opaque', id: uid })],
    ['email', ({ email }) => ({ format: 'email', email: email.toUpperCase() })],
    [
      'aliases',
      ({ uid, email }) => ({
        format: 'aliases',
        // A name that we do not know is passed over.
        identifiers: [{ format: 'email', email }, issSub('them', 'https://other.example/'), issSub(uid)],
      }),
    ],
  ])(
    '204: %s: all of her access ends, nobody else’s, and she may sign in again (I1)',
    async (_format, name) => {
      const [ada, bob] = [await signedIn(), await signedIn()];
      const { status, body } = await revoke(name(ada));
      expect([status, body]).toEqual([204, undefined]);
      expect(await isActive(test.api, ada.sessionId)).toBe(false);
      expect(await isActive(test.api, bob.sessionId)).toBe(true);
      expect(await newSession(test.api, ada.id)).toMatchObject({ epoch: 2, active: true });
    },
  );

  it('I6: it is the same revocation as that of her sessions', async () => {
    const [ada, bob] = [await signedIn(), await signedIn()];
    await revoke(issSub(ada.uid));
    await test.api.call('DELETE', `/api/v1/users/${bob.id}/sessions`);
    const { database } = test.api.services;
    const [hers, his] = (await rowsOf(database, 'access_revocations')).slice(-2);
    expect([hers?.uid, his?.uid]).toEqual([ada.uid, bob.uid]);
    expect(hers).toMatchObject({ sid: null, cause: his?.cause, epoch: his?.epoch });
    const records = (await rowsOf(database, 'audit_records')).filter(
      ({ action }) => action === 'sessions.revoke',
    );
    expect(records.slice(-2).map(({ target, outcome }) => [target, outcome])).toEqual([
      [`user:${ada.id}`, 'done'],
      [`user:${bob.id}`, 'done'],
    ]);
  });

  it('404: nobody of that name, nor a subject of another issuer; nothing changes', async () => {
    const { uid } = await signedIn();
    const before = await snapshot();
    const strangers = [
      { format: 'opaque', id: uid.toUpperCase() },
      { format: 'email', email: 'nobody@example.org' },
      issSub(uid, 'https://other.example/'),
      issSub(uid, `${test.api.issuer.issuer}/`),
      { format: 'aliases', identifiers: [issSub('nobody'), { format: 'opaque', id: 'nobody' }] },
    ];
    for (const subId of strangers) {
      const { status, body } = await revoke(subId);
      expect([subId, status, (body as ProblemBody).code]).toEqual([subId, 404, 'user.not_found']);
    }
    expect(await snapshot()).toEqual(before);
  });

  it('422: an address that two have, or names of two: nobody’s access ends on a guess', async () => {
    const [ada, bob] = [await signedIn(), await signedIn()];
    const twin = await newUser(test.api, { email: ada.email });
    const email = { format: 'email', email: ada.email };
    const before = await snapshot();
    for (const subId of [email, { format: 'aliases', identifiers: [issSub(ada.uid), issSub(bob.uid)] }]) {
      const { status, body } = await revoke(subId);
      expect([status, (body as ProblemBody).code]).toEqual([422, 'subject.ambiguous']);
      expect((body as ProblemBody).errors).toMatchObject([{ pointer: '/body/sub_id' }]);
    }
    expect(await snapshot()).toEqual(before);
    // Another name beside it says which of them.
    const both = { format: 'aliases', identifiers: [email, { format: 'opaque', id: twin.uid }] };
    expect((await revoke(both)).status).toBe(204);
    expect(await isActive(test.api, ada.sessionId)).toBe(true);
  });

  it('409: a protected user keeps her sessions, but for who may touch her; nothing changes', async () => {
    const { id, uid } = await newProtectedUser(test.api);
    const { sessionId } = await newSession(test.api, id);
    const before = await snapshot();
    const { status, body } = await revoke(issSub(uid));
    expect([status, (body as ProblemBody).code]).toEqual([409, 'user.protected']);
    expect(await snapshot()).toEqual(before);
    expect((await revoke(issSub(uid), await breakGlassToken(test.api))).status).toBe(204);
    expect(await isActive(test.api, sessionId)).toBe(false);
  });

  const alias = (...identifiers: unknown[]) => ({ format: 'aliases', identifiers });
  it.each<[unknown, string]>([
    [undefined, '/body/sub_id'],
    ['ada', '/body/sub_id'],
    [[{ format: 'opaque', id: 'ada' }], '/body/sub_id'],
    [{}, '/body/sub_id/format'],
    [{ id: 'ada' }, '/body/sub_id/format'],
    [{ format: 'account', uri: 'acct:ada@example.org' }, '/body/sub_id/format'],
    [{ format: 'phone_number', phone_number: '+12065550100' }, '/body/sub_id/format'],
    [{ format: 'did', url: 'did:example:123456' }, '/body/sub_id/format'],
    [{ format: 'opaque' }, '/body/sub_id/id'],
    [{ format: 'opaque', id: '' }, '/body/sub_id/id'],
    [{ format: 'opaque', id: 101 }, '/body/sub_id/id'],
    [{ format: 'opaque', id: 'a\u0000' }, '/body/sub_id/id'],
    [{ format: 'opaque', id: 'ada', sub: 'bob' }, '/body/sub_id/sub'],
    [{ format: 'iss_sub', sub: 'ada' }, '/body/sub_id/iss'],
    [{ format: 'iss_sub', iss: 'https://issuer.example/' }, '/body/sub_id/sub'],
    [{ format: 'email', email: 'ada' }, '/body/sub_id/email'],
    [{ format: 'email', email: 'ada@example.org', name: 'Ada' }, '/body/sub_id/name'],
    [{ format: 'email', email: null }, '/body/sub_id/email'],
    [{ format: 'aliases' }, '/body/sub_id/identifiers'],
    [alias(), '/body/sub_id/identifiers'],
    [
      alias(...Array.from({ length: 11 }, () => ({ format: 'opaque', id: 'ada' }))),
      '/body/sub_id/identifiers',
    ],
    [alias(alias({ format: 'opaque', id: 'ada' })), '/body/sub_id/identifiers/0/format'],
    [alias({ format: 'opaque', id: 'ada' }, { format: 'email' }), '/body/sub_id/identifiers/1/email'],
  ])('400: %j names the field, and nothing changes (I8)', async (subId, pointer) => {
    const before = await snapshot();
    const { status, body } = await revoke(subId);
    expect(status).toBe(400);
    expect((body as ProblemBody).errors?.map((one) => one.pointer)).toContain(pointer);
    expect(await snapshot()).toEqual(before);
  });
});
