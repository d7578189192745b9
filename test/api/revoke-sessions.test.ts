import { describeOperation } from './support/describe-operation';
import {
  breakGlassToken,
  getUser,
  isActive,
  newProtectedUser,
  newSession,
  newUser,
  type ProblemBody,
} from './support/fixtures';
import { rowsOf } from './support/tables';

const missing = { path: '/api/v1/users/102/sessions', code: 'user.not_found' };

describeOperation('revokeSessions', { missing }, (test) => {
  const revoke = (id: number) => test.call('DELETE', `/api/v1/users/${id}/sessions`);

  it('204: every session of the user dies, nobody else’s, and she may sign in again at once (I1)', async () => {
    const [ada, bob] = [await newUser(test.api), await newUser(test.api)];
    const hers = [await newSession(test.api, ada.id), await newSession(test.api, ada.id)];
    const his = await newSession(test.api, bob.id);
    expect((await revoke(ada.id)).status).toBe(204);
    for (const { sessionId } of hers) expect(await isActive(test.api, sessionId)).toBe(false);
    expect(await isActive(test.api, his.sessionId)).toBe(true);
    expect(await getUser(test.api, ada.id)).toMatchObject({ status: 'active', accessEpoch: 2 });
    expect(await newSession(test.api, ada.id)).toMatchObject({ epoch: 2, active: true });
  });

  it('204: leaves a revocation and an audit record, and tells nobody', async () => {
    const { id, uid } = await newUser(test.api);
    await revoke(id);
    const { database } = test.api.services;
    expect((await rowsOf(database, 'access_revocations')).at(-1)).toMatchObject({
      uid,
      sid: null,
      cause: 'sessions_revoked',
    });
    expect((await rowsOf(database, 'audit_records')).at(-1)).toMatchObject({
      action: 'sessions.revoke',
      target: `user:${id}`,
    });
    expect(await rowsOf(database, 'events')).toEqual([]);
  });

  it('409: a protected user keeps her sessions; nothing changes', async () => {
    const { id } = await newProtectedUser(test.api);
    const { sessionId } = await newSession(test.api, id);
    const { status, body } = await revoke(id);
    expect([status, (body as ProblemBody).code]).toEqual([409, 'user.protected']);
    expect(await isActive(test.api, sessionId)).toBe(true);
    const token = await breakGlassToken(test.api);
    expect((await test.call('DELETE', `/api/v1/users/${id}/sessions`, { token })).status).toBe(204);
    expect(await isActive(test.api, sessionId)).toBe(false);
  });

  it('400: an id that is none names /path/userId (I8)', async () => {
    const { status, body } = await test.call('DELETE', '/api/v1/users/0/sessions');
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/path/userId' }] });
  });
});
