import { describeOperation } from './support/describe-operation';
import { change, clientToken, newUser, type UserBody } from './support/fixtures';

const missing = { path: '/api/v1/users/102', code: 'user.not_found' };

describeOperation('getUser', { missing }, (test) => {
  const get = async (id: number, token?: string): Promise<UserBody> =>
    (await test.call('GET', `/api/v1/users/${id}`, { token })).body;

  it('200: a blocked user is shown with her suspension', async () => {
    const { id } = await newUser(test.api);
    const { suspensionId } = await change(test.api, 'block', id, {
      body: { suspensionReason: 'Spam', blockedByUserId: 9001 },
    });
    expect(await get(id)).toMatchObject({
      id,
      userId: id,
      status: 'suspended',
      isSuspended: true,
      accessEpoch: 2,
      suspension: {
        id: suspensionId,
        reason: 'Spam',
        blockedUntil: null,
        actor: 'admin',
        onBehalfOfUserId: 9001,
      },
    });
  });

  it.each(['users:block', 'users:unblock'])('200: reasons and actor are shown to %s (I7)', async (scope) => {
    const { id } = await newUser(test.api);
    await change(test.api, 'block', id, {
      body: { suspensionReason: 'Spam', reasonForUser: 'Advertisements' },
    });
    const { suspension } = await get(id, await clientToken(test.api, 'users:read', scope));
    expect(suspension).toMatchObject({
      reason: 'Spam',
      reasonForUser: 'Advertisements',
      actor: 'admin',
      onBehalfOfUserId: null,
    });
  });

  it('200: audit:read shows reasons and actor too; users:read alone shows when and until (I7)', async () => {
    const { id } = await newUser(test.api);
    const reasons = { suspensionReason: 'Spam', reasonForUser: 'Advertisements' };
    // So long that no id and no time holds it by chance.
    const blockedByUserId = 8_675_309_867_530;
    await change(test.api, 'block', id, { body: { ...reasons, blockedByUserId } });
    const auditor = await get(id, await clientToken(test.api, 'users:read', 'audit:read'));
    expect(auditor.suspension).toMatchObject({ reason: 'Spam', reasonForUser: 'Advertisements' });
    const reader = await get(id, await test.api.issuer.tokenFor('reader'));
    expect(reader).toMatchObject({ status: 'suspended', isSuspended: true });
    expect(Object.keys(reader.suspension ?? {}).sort()).toEqual(['blockedAt', 'blockedUntil', 'id']);
    expect(JSON.stringify(reader)).not.toMatch(/Spam|Advertisements|8675309867530|admin/);
  });

  it('400: an id that is none names /path/userId (I8)', async () => {
    const { status, body } = await test.call('GET', '/api/v1/users/abc');
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/path/userId' }] });
  });
});
