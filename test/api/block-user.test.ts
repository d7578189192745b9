import { describeOperation } from './support/describe-operation';
import {
  change,
  clientToken,
  getUser,
  isActive,
  newSession,
  newUser,
  protect,
  type ReceiptBody,
} from './support/fixtures';

const missing = { path: '/api/v1/users/102/block', code: 'user.not_found' };
const representation = { prefer: 'return=representation' };

describeOperation('blockUser', { missing }, (test) => {
  const block = (id: number, options: Parameters<typeof test.call>[2] = {}) =>
    test.call('PATCH', `/api/v1/users/${id}/block`, options);

  it('204: kills every session with the answer (I1)', async () => {
    const { id } = await newUser(test.api);
    const sessions = [await newSession(test.api, id), await newSession(test.api, id)];
    const { status, body, headers } = await block(id);
    expect([status, body, headers.get('preference-applied')]).toEqual([204, undefined, null]);
    for (const { sessionId } of sessions) expect(await isActive(test.api, sessionId)).toBe(false);
  });

  it('204: every call raises the epoch by one, so that a repeat revokes again (I2)', async () => {
    const { id } = await newUser(test.api);
    const epochs = [];
    for (let call = 0; call < 3; call++) {
      epochs.push(((await block(id, { headers: representation })).body as ReceiptBody).accessEpoch);
    }
    expect(epochs).toEqual([2, 3, 4]);
  });

  it('200: with Prefer, the receipt says what happened', async () => {
    const { id } = await newUser(test.api);
    await newSession(test.api, id);
    await newSession(test.api, id);
    const { status, headers, body } = await block(id, {
      headers: representation,
      body: { notifyUserViaEmail: true },
    });
    expect([status, headers.get('preference-applied')]).toEqual([200, 'return=representation']);
    expect(body).toEqual({
      userId: id,
      status: 'suspended',
      changed: true,
      suspensionId: expect.any(String) as string,
      accessEpoch: 2,
      sessionsRevoked: 2,
      eventId: expect.any(String) as string,
      deliveries: [{ id: expect.any(String) as string, channel: 'email', state: 'pending' }],
    });
  });

  it.each([
    ['respond-async, return=representation', 200],
    ['RETURN="representation"', 200],
    ['return=minimal', 204],
    ['return=minimal, return=representation', 204],
    ['something-else', 204],
    [`${'something-else, '.repeat(50)}return=representation`, 200],
  ])('Prefer: %s answers %i (RFC 7240, section 2)', async (prefer, expected) => {
    expect((await block(101, { headers: { prefer } })).status).toBe(expected);
  });

  it('412: If-Match of a state that is over; nothing changes', async () => {
    const { id } = await newUser(test.api);
    const headers = { 'if-match': `"user.${id}.0.active"` };
    const { status, body } = await test.call('PATCH', `/api/v1/users/${id}/block`, { headers });
    expect(status).toBe(412);
    expect(body).toMatchObject({ code: 'precondition.failed' });
    expect(await getUser(test.api, id)).toMatchObject({ isSuspended: false, accessEpoch: 1 });
  });

  it('400: what is not a flag names the field, and the user stays unblocked (I8)', async () => {
    const { id } = await newUser(test.api);
    const { status, body } = await block(id, { body: { triggerWebhook: 'yes' } });
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'request.invalid', errors: [{ pointer: '/body/triggerWebhook' }] });
    expect(await getUser(test.api, id)).toMatchObject({ isSuspended: false, accessEpoch: 1 });
  });

  it('200: with an until, the status says so and the user shows it', async () => {
    const { id } = await newUser(test.api);
    const blockedUntil = '2099-01-01T00:00:00.000Z';
    await change(test.api, 'block', id, { body: { blockedUntil, category: 'fraud' } });
    expect(await getUser(test.api, id)).toMatchObject({
      status: 'suspended',
      suspension: { blockedUntil, category: 'fraud', source: 'api' },
    });
  });

  it.each([
    ['2020-01-01T00:00:00Z', 'suspension.until_past'],
    ['2026-02-30T00:00:00Z', 'request.invalid'],
    ['9999-01-01T00:00:00Z', 'request.invalid'],
    ['tomorrow', 'request.invalid'],
  ])('400: until %s is refused by name and nothing changes (I8)', async (blockedUntil, code) => {
    const { id } = await newUser(test.api);
    const { status, body } = await block(id, { body: { blockedUntil } });
    expect([status, body]).toMatchObject([400, { code, errors: [{ pointer: '/body/blockedUntil' }] }]);
    expect(await getUser(test.api, id)).toMatchObject({ isSuspended: false, accessEpoch: 1 });
  });

  it('409: nobody blocks herself, and nothing changes', async () => {
    const { id } = await newUser(test.api);
    const { status, body } = await block(id, { body: { blockedByUserId: id } });
    expect([status, body]).toMatchObject([409, { code: 'suspension.self' }]);
    expect(await getUser(test.api, id)).toMatchObject({ isSuspended: false, accessEpoch: 1 });
  });

  it('409: a protected user keeps her access, but for those who may take it by name', async () => {
    const { id } = await newUser(test.api);
    const { sessionId } = await newSession(test.api, id);
    await protect(test.api, id);
    const { status, body } = await block(id);
    expect([status, body]).toMatchObject([409, { code: 'user.protected' }]);
    expect(await isActive(test.api, sessionId)).toBe(true);
    const token = await clientToken(test.api, 'users:block', 'users:block-protected');
    expect((await block(id, { token })).status).toBe(204);
    expect(await isActive(test.api, sessionId)).toBe(false);
  });
});
