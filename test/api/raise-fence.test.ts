import { sql } from '../../src/database/sql';
import { describeOperation } from './support/describe-operation';
import { change, getUser, isActive, newSession, newUser } from './support/fixtures';
import { rowsOf, snapshotOf } from './support/tables';

const FENCE = '/api/v1/access/fence';
const JUMP = 1_048_576;

describeOperation('raiseFence', {}, (test) => {
  const raise = async (body?: object) => {
    const answer = await test.call('POST', FENCE, { body });
    expect(answer.status).toBe(200);
    return answer.body as { raised: number; next: number | null };
  };
  const epochOf = async (id: number) => (await getUser(test.api, id)).accessEpoch;

  it('200: ends everybody’s access, whatever their state; who may sign in does so anew (I1)', async () => {
    const [active, blocked] = [await newUser(test.api), await newUser(test.api)];
    const session = await newSession(test.api, active.id);
    await newSession(test.api, blocked.id);
    await change(test.api, 'block', blocked.id);
    const before = await Promise.all([epochOf(active.id), epochOf(blocked.id)]);
    const { next } = await raise();
    expect(next).toBeNull();
    expect(await isActive(test.api, session.sessionId)).toBe(false);
    expect(await Promise.all([epochOf(active.id), epochOf(blocked.id)])).toEqual(
      before.map((epoch) => epoch + JUMP),
    );
    expect((await getUser(test.api, blocked.id)).status).toBe('suspended');
    expect(await isActive(test.api, (await newSession(test.api, active.id)).sessionId)).toBe(true);
  });

  it('I2: what the lost days made under a higher epoch than the restored one is dead, and stays so', async () => {
    const { id } = await newUser(test.api);
    for (let lost = 0; lost < 15; lost++) {
      await change(test.api, 'block', id);
      await change(test.api, 'unblock', id);
    }
    const { sessionId, epoch } = await newSession(test.api, id);
    // The restore brings the epoch of the backup back.
    await test.api.services.database.query(sql`UPDATE users SET access_epoch = 1 WHERE id = ${id}`);
    await raise();
    expect(await isActive(test.api, sessionId)).toBe(false);
    for (let since = 0; since < 20; since++) {
      await change(test.api, 'block', id);
      await change(test.api, 'unblock', id);
    }
    expect(await isActive(test.api, sessionId)).toBe(false);
    expect(await epochOf(id)).toBeGreaterThan(epoch);
  });

  it('200: goes by id, each user once, and says where to go on', async () => {
    const users = [await newUser(test.api), await newUser(test.api), await newUser(test.api)];
    const [first = 0, second = 0, third = 0] = users.map(({ id }) => id);
    expect(await raise({ afterUserId: first - 1, limit: 2 })).toEqual({ raised: 2, next: second });
    expect([await epochOf(first), await epochOf(second), await epochOf(third)]).toEqual([
      1 + JUMP,
      1 + JUMP,
      1,
    ]);
    expect(await raise({ afterUserId: second, limit: 2 })).toEqual({ raised: 1, next: null });
    const before = await snapshotOf(test.api.services.database);
    expect(await raise({ afterUserId: third })).toEqual({ raised: 0, next: null });
    expect(await snapshotOf(test.api.services.database)).toEqual(before);
  });

  it('200: tells guards of each, and the audit trail once a call (I3)', async () => {
    const users = [await newUser(test.api), await newUser(test.api)];
    const { database } = test.api.services;
    const audited = (await rowsOf(database, 'audit_records')).length;
    const told = (await rowsOf(database, 'access_revocations')).length;
    await raise({ afterUserId: Number(users[0]?.id) - 1 });
    const revocations = (await rowsOf(database, 'access_revocations')).slice(told);
    expect(revocations).toMatchObject(users.map(({ uid }) => ({ uid, sid: null, cause: 'fence' })));
    expect(revocations.map(({ epoch }) => Number(epoch))).toEqual([1 + JUMP, 1 + JUMP]);
    const records = (await rowsOf(database, 'audit_records')).slice(audited);
    expect(records).toMatchObject([
      { action: 'access.fence', actor: 'admin', target: `users:${users[0]?.id}-${users[1]?.id}` },
    ]);
  });

  it('400: a limit that is too large (I8)', async () => {
    const { status, body } = await test.call('POST', FENCE, { body: { limit: 5_001 } });
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/body/limit' }] });
  });
});
