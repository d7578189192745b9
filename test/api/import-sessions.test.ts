import { retireSessions } from '../../src/access/retire-sessions';
import { describeOperation } from './support/describe-operation';
import { change, FAR_FUTURE, isActive, newUser, type SessionBody } from './support/fixtures';
import { snapshotOf } from './support/tables';

interface Imported {
  sessionId: string;
  outcome: string;
  code?: string;
}

describeOperation('importSessions', {}, (test) => {
  const send = async (sessions: object[]): Promise<Imported[]> => {
    const body = { sessions: sessions.map((one) => ({ clientId: 'web', expiresAt: FAR_FUTURE, ...one })) };
    const answer = await test.call('POST', '/api/v1/sessions/batch', { body });
    expect(answer.status).toBe(200);
    return (answer.body as { items: Imported[] }).items;
  };

  it('200: each begins under the present epoch of its user, in order', async () => {
    const ada = await newUser(test.api);
    await change(test.api, 'block', ada.id);
    await change(test.api, 'unblock', ada.id);
    const more = { device: 'Firefox', address: '192.0.2.7', idleTimeout: 900 };
    const items = await send([
      { sessionId: 's-1', userId: ada.id },
      { sessionId: 's-2', userId: 101 },
      { sessionId: 's-3', userId: ada.id, clientId: 'app', ...more },
    ]);
    expect(items.map(({ sessionId, outcome }) => [sessionId, outcome])).toEqual([
      ['s-1', 'created'],
      ['s-2', 'created'],
      ['s-3', 'created'],
    ]);
    const session: SessionBody = (await test.api.call('GET', '/api/v1/sessions/s-3')).body;
    expect(session).toMatchObject({ userId: ada.id, clientId: 'app', epoch: 3, active: true, ...more });
  });

  it('200: the rules of a sign-in hold for each; one that is refused holds up no other (I1)', async () => {
    const blocked = await newUser(test.api);
    await change(test.api, 'block', blocked.id);
    const items = await send([
      { sessionId: 'r-1', userId: blocked.id },
      { sessionId: 'r-2', userId: 999_999 },
      { sessionId: 'r-3', userId: 101, expiresAt: '2020-01-01T00:00:00Z' },
      { sessionId: 'r-4', userId: 101 },
    ]);
    expect(items).toEqual([
      { sessionId: 'r-1', outcome: 'refused', code: 'user.suspended' },
      { sessionId: 'r-2', outcome: 'refused', code: 'user.not_found' },
      { sessionId: 'r-3', outcome: 'refused', code: 'session.expiry_past' },
      { sessionId: 'r-4', outcome: 'created' },
    ]);
    expect((await test.api.call('GET', '/api/v1/sessions/r-1')).status).toBe(404);
  });

  it('200: repeated, it changes nothing, and revives nothing that was revoked since (I2)', async () => {
    const user = await newUser(test.api);
    const sessions = [
      { sessionId: 'again-1', userId: user.id },
      { sessionId: 'again-2', userId: user.id },
    ];
    await send(sessions);
    await test.api.call('DELETE', '/api/v1/sessions/again-1');
    await change(test.api, 'block', user.id);
    const before = await snapshotOf(test.api.services.database);
    expect((await send(sessions)).map(({ outcome }) => outcome)).toEqual(['exists', 'exists']);
    expect(await snapshotOf(test.api.services.database)).toEqual(before);
    expect([await isActive(test.api, 'again-1'), await isActive(test.api, 'again-2')]).toEqual([
      false,
      false,
    ]);
  });

  it('200: an id that was ever another’s is refused, in the same batch too (I2)', async () => {
    const [ada, bob] = [await newUser(test.api), await newUser(test.api)];
    await send([{ sessionId: 'mine', userId: ada.id }]);
    const items = await send([
      { sessionId: 'mine', userId: bob.id },
      { sessionId: 'mine', userId: ada.id, clientId: 'app' },
      { sessionId: 'new', userId: bob.id },
      { sessionId: 'new', userId: ada.id },
      { sessionId: 'new', userId: bob.id },
    ]);
    expect(items.map(({ outcome, code }) => code ?? outcome)).toEqual([
      'session.id_used',
      'session.id_used',
      'created',
      'session.id_used',
      'exists',
    ]);
  });

  it('200: an id that was removed long ago is refused, and holds up no other (I2)', async () => {
    const sessions = [
      { sessionId: 'long-ago', userId: 101 },
      { sessionId: 'today', userId: 101 },
    ];
    await send(sessions.slice(0, 1));
    await test.api.services.database.transaction((tx) => {
      retireSessions(['long-ago']).forEach((statement) => tx.write(statement));
      return Promise.resolve();
    });
    expect((await send(sessions)).map(({ outcome, code }) => code ?? outcome)).toEqual([
      'session.id_used',
      'created',
    ]);
    expect((await test.api.call('GET', '/api/v1/sessions/long-ago')).status).toBe(404);
  });

  it('200: imports of one session at the same time make it once', async () => {
    const sessions = Array.from({ length: 50 }, (_, index) => ({ sessionId: `race-${index}`, userId: 101 }));
    const batches = await Promise.all([sessions, [...sessions].reverse(), sessions].map(send));
    expect(batches.flat().filter(({ outcome }) => outcome === 'created')).toHaveLength(50);
    expect(batches.flat().filter(({ outcome }) => outcome === 'exists')).toHaveLength(100);
  });

  it('I1: no session of an import that races a block is alive after it', async () => {
    for (let round = 0; round < 5; round++) {
      const { id } = await newUser(test.api);
      const sessionIds = Array.from({ length: 20 }, (_, index) => `block-${round}-${index}`);
      await Promise.all([
        send(sessionIds.map((sessionId) => ({ sessionId, userId: id }))),
        change(test.api, 'block', id),
      ]);
      for (const sessionId of sessionIds) {
        const { status, body } = await test.api.call('GET', `/api/v1/sessions/${sessionId}`);
        if (status === 200) expect((body as SessionBody).active).toBe(false);
      }
    }
  });

  it('400: a time that does not exist names its place (I8)', async () => {
    const expiresAt = '2026-02-30T00:00:00Z';
    const { status, body } = await test.call('POST', '/api/v1/sessions/batch', {
      body: { sessions: [{ sessionId: 'x', userId: 101, clientId: 'web', expiresAt }] },
    });
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/body/sessions/0/expiresAt' }] });
  });
});
