import { describeOperation } from './support/describe-operation';
import {
  breakGlassToken,
  change,
  clientToken,
  done,
  getUser,
  isActive,
  newEndpoint,
  newProtectedUser,
  newSession,
  newUser,
  type ProblemBody,
} from './support/fixtures';
import { rowsOf, snapshotOf } from './support/tables';

const missing = { path: '/api/v1/users/102', code: 'user.not_found' };

describeOperation('deleteUser', { missing }, (test) => {
  const remove = (id: number, body?: unknown, token?: string) =>
    test.call('DELETE', `/api/v1/users/${id}`, { body, token });
  const snapshot = () => snapshotOf(test.api.services.database);
  const rowsAbout = async (table: 'events' | 'deliveries', userId: number) =>
    (await rowsOf(test.api.services.database, table)).filter((row) => Number(row.user_id) === userId);

  it.each([[undefined], [{}], [{ permanent: false }]])(
    '204: %j deactivates: every session dies, and none is made (I1)',
    async (body) => {
      const { id } = await newUser(test.api);
      const { sessionId } = await newSession(test.api, id);
      expect((await remove(id, body)).status).toBe(204);
      expect(await isActive(test.api, sessionId)).toBe(false);
      expect(await getUser(test.api, id)).toMatchObject({ status: 'deactivated', accessEpoch: 2 });
      await expect(newSession(test.api, id)).rejects.toThrow('user.deactivated');
    },
  );

  it('204: deactivating tells who is asked for, once, and leaves a revocation and an audit record', async () => {
    await newEndpoint(test.api, ['user.deactivated']);
    const { id, uid } = await newUser(test.api);
    const flags = { triggerWebhook: true, notifyUserViaEmail: true };
    await remove(id, flags);
    const [event, ...others] = await rowsAbout('events', id);
    expect(others).toEqual([]);
    expect(JSON.parse(String(event?.payload))).toEqual({
      type: 'user.deactivated',
      timestamp: expect.stringMatching(/Z$/) as string,
      data: { userId: id, uid, sequence: 1, epoch: 2, actor: 'admin', anonymised: false },
    });
    expect((await rowsAbout('deliveries', id)).map(({ channel }) => channel).sort()).toEqual([
      'email',
      'webhook',
    ]);
    const { database } = test.api.services;
    expect((await rowsOf(database, 'access_revocations')).at(-1)).toMatchObject({ uid, cause: 'deactivate' });
    expect((await rowsOf(database, 'audit_records')).at(-1)).toMatchObject({
      action: 'user.deactivate',
      target: `user:${id}`,
    });
    // A repeat changes nothing and tells nobody.
    const before = await snapshot();
    expect((await remove(id, flags)).status).toBe(204);
    expect(await snapshot()).toEqual(before);
  });

  it('204: nobody is told who was not asked for (I4)', async () => {
    const { id } = await newUser(test.api);
    await remove(id);
    expect(await rowsAbout('events', id)).toHaveLength(1);
    expect(await rowsAbout('deliveries', id)).toEqual([]);
  });

  it('204: permanent true erases: she is gone for every operation', async () => {
    const { id } = await newUser(test.api);
    const { sessionId } = await newSession(test.api, id);
    await change(test.api, 'block', id, { body: { triggerWebhook: true } });
    expect((await remove(id, { permanent: true })).status).toBe(204);
    for (const [method, path] of [
      ['GET', ''],
      ['PATCH', '/block'],
      ['PATCH', '/unblock'],
      ['GET', '/sessions'],
      ['DELETE', '/sessions'],
      ['GET', '/deliveries'],
      ['GET', '/suspensions'],
      ['POST', '/reactivate'],
      ['PUT', '/personal-data'],
      ['DELETE', ''],
    ] as const) {
      const answer = await test.api.call(method, `/api/v1/users/${id}${path}`);
      expect([method, path, answer.status]).toEqual([method, path, 404]);
    }
    expect((await test.api.call('GET', `/api/v1/sessions/${sessionId}`)).status).toBe(404);
    expect((await remove(id, { permanent: true })).status).toBe(404);
  });

  it('204: erasing tells id and uid and no more (I7)', async () => {
    await newEndpoint(test.api, ['user.deleted']);
    const { id, uid } = await newUser(test.api, { email: 'eve@example.com', firstName: 'Eve' });
    await remove(id, { permanent: true, triggerWebhook: true });
    const [event] = await rowsAbout('events', id);
    expect(JSON.parse(String(event?.payload))).toEqual({
      type: 'user.deleted',
      timestamp: expect.stringMatching(/Z$/) as string,
      data: { userId: id, uid, sequence: 1, epoch: 2 },
    });
    expect(await rowsAbout('deliveries', id)).toMatchObject([{ channel: 'webhook', state: 'pending' }]);
  });

  it.each([
    ['users:deactivate', { permanent: true }, 'users:erase'],
    ['users:erase', { permanent: false }, 'users:deactivate'],
    ['users:erase', undefined, 'users:deactivate'],
  ])('403: %s is not enough for %j; nothing changes', async (scope, body, needed) => {
    const { id } = await newUser(test.api);
    const before = await snapshot();
    const { status, headers, body: problem } = await remove(id, body, await clientToken(test.api, scope));
    expect([status, (problem as ProblemBody).code]).toEqual([403, 'auth.insufficient_scope']);
    expect(headers.get('www-authenticate')).toContain(`scope="${needed}"`);
    expect(await snapshot()).toEqual(before);
  });

  it.each([
    ['users:deactivate', { permanent: false }],
    ['users:erase', { permanent: true }],
  ])('204: %s is enough for %j', async (scope, body) => {
    const { id } = await newUser(test.api);
    expect((await remove(id, body, await clientToken(test.api, scope))).status).toBe(204);
  });

  it.each([false, true])('409: a protected user, permanent %s; nothing changes', async (permanent) => {
    const { id } = await newProtectedUser(test.api);
    const before = await snapshot();
    const { status, body } = await remove(id, { permanent });
    expect([status, (body as ProblemBody).code]).toEqual([409, 'user.protected']);
    expect(await snapshot()).toEqual(before);
    expect((await remove(id, { permanent }, await breakGlassToken(test.api))).status).toBe(204);
  });

  it('400: a field that is none, and nobody is deactivated by mistake (I8)', async () => {
    const { id } = await newUser(test.api);
    const { status, body } = await remove(id, { permanent: 'yes' });
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/body/permanent' }] });
    await done(test.api, 'POST', `/api/v1/users/${id}/reactivate`);
    expect(await getUser(test.api, id)).toMatchObject({ status: 'active', accessEpoch: 1 });
  });
});
