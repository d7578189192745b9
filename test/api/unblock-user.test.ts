import { describeOperation } from './support/describe-operation';
import { change, clientToken, getUser, isActive, newSession, newUser, protect } from './support/fixtures';

const missing = { path: '/api/v1/users/102/unblock', code: 'user.not_found' };

describeOperation('unblockUser', { missing }, (test) => {
  const unblock = (id: number, options: Parameters<typeof test.call>[2] = {}) =>
    test.call('PATCH', `/api/v1/users/${id}/unblock`, options);

  it('204: she may sign in again, and what was revoked stays dead (I2)', async () => {
    const { id } = await newUser(test.api);
    const old = await newSession(test.api, id);
    await change(test.api, 'block', id);
    const { status, body } = await unblock(id);
    expect([status, body]).toEqual([204, undefined]);
    const fresh = await newSession(test.api, id);
    expect(await isActive(test.api, old.sessionId)).toBe(false);
    expect(await isActive(test.api, fresh.sessionId)).toBe(true);
    expect(await getUser(test.api, id)).toMatchObject({ status: 'active', suspension: null, accessEpoch: 3 });
  });

  it('204: of a user who is not blocked revokes her access and tells nobody', async () => {
    const { id } = await newUser(test.api);
    const { sessionId } = await newSession(test.api, id);
    const { status } = await unblock(id, { body: { triggerWebhook: true, notifyUserViaEmail: true } });
    expect(status).toBe(204);
    expect(await isActive(test.api, sessionId)).toBe(false);
    expect((await test.api.call('GET', `/api/v1/users/${id}/deliveries`)).body).toEqual({
      items: [],
      next: null,
    });
  });

  it('200: with Prefer, the receipt names the suspension that ended', async () => {
    const { id } = await newUser(test.api);
    const { suspensionId } = await change(test.api, 'block', id);
    const { status, headers, body } = await unblock(id, {
      headers: { prefer: 'return=representation' },
      body: { notifyUserViaEmail: true, unblockedByUserId: 9001 },
    });
    expect([status, headers.get('preference-applied')]).toEqual([200, 'return=representation']);
    expect(body).toMatchObject({
      userId: id,
      status: 'active',
      changed: true,
      suspensionId,
      accessEpoch: 3,
      sessionsRevoked: 0,
      deliveries: [{ channel: 'email' }],
    });
  });

  it('412: If-Match of a state that is over; nothing changes', async () => {
    const { id } = await newUser(test.api);
    const headers = { 'if-match': `"user.${id}.0.active"` };
    const { status, body } = await test.call('PATCH', `/api/v1/users/${id}/unblock`, { headers });
    expect(status).toBe(412);
    expect(body).toMatchObject({ code: 'precondition.failed' });
    expect(await getUser(test.api, id)).toMatchObject({ isSuspended: false, accessEpoch: 1 });
  });

  it('400: the fields of block are not those of unblock (I8)', async () => {
    const { status, body } = await unblock(101, { body: { suspensionReason: 'x' } });
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/body/suspensionReason' }] });
  });

  it('409: the session of a protected user is not ended by unblocking her, but a suspension is', async () => {
    const { id } = await newUser(test.api);
    await protect(test.api, id);
    const { sessionId } = await newSession(test.api, id);
    const { status, body } = await unblock(id);
    expect([status, body]).toMatchObject([409, { code: 'user.protected' }]);
    expect(await isActive(test.api, sessionId)).toBe(true);
    const token = await clientToken(test.api, 'users:block', 'users:block-protected');
    await change(test.api, 'block', id, { token });
    expect((await unblock(id)).status).toBe(204);
    expect(await getUser(test.api, id)).toMatchObject({ status: 'active' });
  });
});
