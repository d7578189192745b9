import { describeOperation } from './support/describe-operation';
import {
  breakGlassToken,
  change,
  done,
  getUser,
  isActive,
  newEndpoint,
  newProtectedUser,
  newSession,
  newUser,
  type ProblemBody,
} from './support/fixtures';
import { rowsOf, snapshotOf, trailOf } from './support/tables';

const missing = { path: '/api/v1/users/102/personal-data', code: 'user.not_found' };

describeOperation('anonymiseUser', { missing }, (test) => {
  const anonymise = (id: number, body?: unknown, token?: string) =>
    test.call('PUT', `/api/v1/users/${id}/personal-data`, { body, token });

  it('204: names, address and locale are gone, id and uid stay, and all access ends (I1)', async () => {
    const { id, uid } = await newUser(test.api, {
      email: 'eve@example.com',
      firstName: 'Eve',
      lastName: 'Adams',
      locale: 'en',
    });
    const { sessionId } = await newSession(test.api, id);
    expect((await anonymise(id)).status).toBe(204);
    expect(await getUser(test.api, id)).toMatchObject({
      id,
      uid,
      firstName: 'Deleted',
      lastName: 'User',
      email: `deleted-${id}@invalid`,
      locale: null,
      status: 'deactivated',
      accessEpoch: 2,
    });
    expect(await isActive(test.api, sessionId)).toBe(false);
    await expect(newSession(test.api, id)).rejects.toThrow('user.deactivated');
  });

  it('204: nothing of her is left in any table, the reasons of her suspensions neither (I7)', async () => {
    const { id } = await newUser(test.api, {
      email: 'mallory@example.com',
      firstName: 'Mallory',
      lastName: 'Quux',
    });
    await newSession(test.api, id, { device: "Mallory's phone", address: '203.0.113.77' });
    await newEndpoint(test.api, ['user.blocked', 'user.deactivated']);
    for (const reason of [
      { suspensionReason: 'Chargeback one', reasonForUser: 'Chargeback' },
      { suspensionReason: 'Chargeback two' },
      { reasonForUser: 'A chargeback' },
    ]) {
      await change(test.api, 'block', id, { body: { ...reason, triggerWebhook: true } });
    }
    await done(test.api, 'PUT', `/api/v1/users/${id}/personal-data`, {
      triggerWebhook: true,
      notifyUserViaEmail: true,
    });
    const { suspension, isSuspended } = await getUser(test.api, id);
    expect([suspension?.reason, suspension?.reasonForUser, isSuspended]).toEqual([null, null, false]);
    const { database } = test.api.services;
    expect((await trailOf(database, id)).filter(([, values]) => values === 'kept')).toEqual([
      ['user.anonymise', 'kept'],
    ]);
    expect(JSON.stringify(await snapshotOf(database))).not.toMatch(/mallory|Quux|Chargeback|203\.0\.113/i);
    // Who was told of the suspension is still told, without the reason.
    const events = (await rowsOf(test.api.services.database, 'events')).filter(
      (row) => Number(row.user_id) === id,
    );
    expect(events.map(({ type }) => type)).toEqual([
      'user.blocked',
      'user.blocked',
      'user.blocked',
      'user.deactivated',
    ]);
    expect(JSON.parse(String(events[0]?.payload))).toMatchObject({
      data: { userId: id, reason: null, reasonForUser: null },
    });
    expect(JSON.parse(String(events[3]?.payload))).toMatchObject({ data: { sequence: 4, anonymised: true } });
  });

  it('204: a repeat tells nobody, and takes away what has come since', async () => {
    const { id } = await newUser(test.api);
    await anonymise(id);
    await change(test.api, 'block', id, { body: { suspensionReason: 'Since' } });
    const { database } = test.api.services;
    const before = await rowsOf(database, 'deliveries');
    expect((await anonymise(id, { triggerWebhook: true, notifyUserViaEmail: true })).status).toBe(204);
    expect(await rowsOf(database, 'deliveries')).toEqual(before);
    expect(JSON.stringify(await rowsOf(database, 'suspensions'))).not.toContain('Since');
  });

  it('409: a protected user; nothing changes', async () => {
    const { id } = await newProtectedUser(test.api);
    const before = await snapshotOf(test.api.services.database);
    const { status, body } = await anonymise(id);
    expect([status, (body as ProblemBody).code]).toEqual([409, 'user.protected']);
    expect(await snapshotOf(test.api.services.database)).toEqual(before);
    expect((await anonymise(id, {}, await breakGlassToken(test.api))).status).toBe(204);
  });

  it('400: a flag that is none (I8)', async () => {
    const { status, body } = await anonymise(101, { notifyUserViaEmail: 'yes' });
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/body/notifyUserViaEmail' }] });
  });
});
