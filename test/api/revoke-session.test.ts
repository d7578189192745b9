import { describeOperation } from './support/describe-operation';
import { change, getUser, isActive, newSession, newUser } from './support/fixtures';
import { rowsOf, snapshotOf } from './support/tables';

const missing = { path: '/api/v1/sessions/never-seen', code: 'session.not_found' };

describeOperation('revokeSession', { missing }, (test) => {
  const revoke = (sessionId: string) => test.call('DELETE', `/api/v1/sessions/${sessionId}`);

  it('204: this session dies and no other; the epoch stays', async () => {
    const { id, uid } = await newUser(test.api);
    const [dead, alive] = [await newSession(test.api, id), await newSession(test.api, id)];
    expect((await revoke(dead.sessionId)).status).toBe(204);
    expect(await isActive(test.api, dead.sessionId)).toBe(false);
    expect(await isActive(test.api, alive.sessionId)).toBe(true);
    expect(await getUser(test.api, id)).toMatchObject({ accessEpoch: 1 });
    const { database } = test.api.services;
    expect((await rowsOf(database, 'access_revocations')).at(-1)).toMatchObject({
      uid,
      sid: dead.sessionId,
      cause: 'session_revoked',
    });
    expect((await rowsOf(database, 'audit_records')).at(-1)).toMatchObject({
      action: 'session.revoke',
      target: `session:${dead.sessionId}`,
    });
  });

  it('204: repeating it changes nothing, also at the same time', async () => {
    const { sessionId } = await newSession(test.api, 101);
    const answers = await Promise.all([1, 2, 3, 4].map(() => revoke(sessionId)));
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204, 204]);
    const revocations = await rowsOf(test.api.services.database, 'access_revocations');
    expect(revocations.filter(({ sid }) => sid === sessionId)).toHaveLength(1);
    const before = await snapshotOf(test.api.services.database);
    expect((await revoke(sessionId)).status).toBe(204);
    expect(await snapshotOf(test.api.services.database)).toEqual(before);
  });

  it('204: of a user who is blocked, too', async () => {
    const { id } = await newUser(test.api);
    const { sessionId } = await newSession(test.api, id);
    await change(test.api, 'block', id);
    expect((await revoke(sessionId)).status).toBe(204);
  });

  it('400: an id with a NUL names the path (I8)', async () => {
    const { status, body } = await revoke('%00');
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/path/sessionId' }] });
  });
});
