import { describeOperation } from './support/describe-operation';
import { change, done, getUser, isActive, newEndpoint, newSession, newUser } from './support/fixtures';
import { rowsOf, snapshotOf } from './support/tables';

const missing = { path: '/api/v1/users/102/reactivate', code: 'user.not_found' };

describeOperation('reactivateUser', { missing }, (test) => {
  const reactivate = (id: number, body?: unknown) =>
    test.call('POST', `/api/v1/users/${id}/reactivate`, { body });
  const deactivated = async () => {
    const { id, uid } = await newUser(test.api);
    const { sessionId } = await newSession(test.api, id);
    await done(test.api, 'DELETE', `/api/v1/users/${id}`);
    return { id, uid, sessionId };
  };

  it('204: she may sign in again, and nothing of before comes alive (I2)', async () => {
    const { id, sessionId } = await deactivated();
    expect((await reactivate(id)).status).toBe(204);
    expect(await getUser(test.api, id)).toMatchObject({ status: 'active', accessEpoch: 3 });
    expect(await isActive(test.api, sessionId)).toBe(false);
    expect(await newSession(test.api, id)).toMatchObject({ epoch: 3, active: true });
  });

  it('204: a user who is suspended besides stays suspended', async () => {
    const { id } = await deactivated();
    await change(test.api, 'block', id, { body: { suspensionReason: 'Spam' } });
    await reactivate(id);
    expect(await getUser(test.api, id)).toMatchObject({
      status: 'suspended',
      suspension: { reason: 'Spam' },
    });
    await expect(newSession(test.api, id)).rejects.toThrow('user.suspended');
  });

  it('204: tells who is asked for, with the next sequence (I5), and leaves an audit record', async () => {
    await newEndpoint(test.api, ['user.reactivated']);
    const { id, uid } = await deactivated();
    await reactivate(id, { triggerWebhook: true, notifyUserViaEmail: true });
    const { database } = test.api.services;
    const events = (await rowsOf(database, 'events')).filter((row) => Number(row.user_id) === id);
    expect(events.map(({ type }) => type)).toEqual(['user.deactivated', 'user.reactivated']);
    expect(JSON.parse(String(events[1]?.payload))).toMatchObject({
      type: 'user.reactivated',
      data: { userId: id, uid, sequence: 2, epoch: 3, actor: 'admin' },
    });
    const deliveries = (await rowsOf(database, 'deliveries')).filter((row) => Number(row.user_id) === id);
    expect(deliveries.map(({ channel }) => channel).sort()).toEqual(['email', 'webhook']);
    expect((await rowsOf(database, 'audit_records')).at(-1)).toMatchObject({ action: 'user.reactivate' });
  });

  it('204: a user who is not deactivated keeps her sessions; nothing is written', async () => {
    const { id } = await newUser(test.api);
    const { sessionId } = await newSession(test.api, id);
    const before = await snapshotOf(test.api.services.database);
    expect((await reactivate(id, { triggerWebhook: true })).status).toBe(204);
    expect(await snapshotOf(test.api.services.database)).toEqual(before);
    expect(await isActive(test.api, sessionId)).toBe(true);
  });

  it('400: a flag that is none (I8)', async () => {
    const { status, body } = await reactivate(101, { triggerWebhook: 1 });
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/body/triggerWebhook' }] });
  });
});
