import type { components } from '../../src/http/contract.generated';
import { toInteger } from '../../src/database/decode';
import { sql } from '../../src/database/sql';
import { untilWaiting, whileHeld } from '../invariants/support/held-rows';
import { describeOperation } from './support/describe-operation';
import { change, clientToken, getUser, isActive, newEndpoint, newSession, newUser } from './support/fixtures';
import { rowsOf, snapshotOf, refusalsOf } from './support/tables';

type Outcome = components['schemas']['BatchOutcome'];

const PATH = '/api/v1/suspensions/batch';

describeOperation('batchSuspensions', {}, (test) => {
  const batch = async (body: object, token?: string): Promise<Outcome> => {
    const { status, body: answer } = await test.call('POST', PATH, { body, token });
    expect(status).toBe(200);
    return answer;
  };
  const newUsers = async (count: number): Promise<number[]> => {
    const ids: number[] = [];
    for (let made = 0; made < count; made++) ids.push((await newUser(test.api, {})).id);
    return ids;
  };
  const protect = (id: number) =>
    test.api.services.database.query(sql`UPDATE users SET protected = TRUE WHERE id = ${id}`);

  it('200: answers in the order given what came of each, and one who fails fails nobody else', async () => {
    const [blocked = 0, fresh = 0, guarded = 0] = await newUsers(3);
    const unknown = 4_711;
    await change(test.api, 'block', blocked, { body: { suspensionReason: 'Spam' } });
    await protect(guarded);
    const userIds = [unknown, fresh, guarded, blocked, fresh, unknown, 101];
    const { items } = await batch({
      action: 'block',
      userIds,
      suspensionReason: 'Spam',
      blockedByUserId: 101,
    });
    expect(items).toEqual([
      { userId: unknown, outcome: 'not_found' },
      { userId: fresh, outcome: 'changed' },
      { userId: guarded, outcome: 'refused', code: 'user.protected' },
      { userId: blocked, outcome: 'unchanged' },
      { userId: fresh, outcome: 'duplicate' },
      { userId: unknown, outcome: 'duplicate' },
      { userId: 101, outcome: 'refused', code: 'suspension.self' },
    ]);
    // Unchanged is the suspension: access is revoked again all the same (I1).
    expect(await getUser(test.api, blocked)).toMatchObject({ isSuspended: true, accessEpoch: 3 });
    expect(await getUser(test.api, guarded)).toMatchObject({ isSuspended: false, accessEpoch: 1 });
    const recorded = (await refusalsOf(test.api.services.database)).map(({ action, target, code }) => [
      action,
      target,
      code,
    ]);
    expect(recorded).toContainEqual(['user.block', `user:${guarded}`, 'user.protected']);
    expect(recorded).toContainEqual(['user.block', 'user:101', 'suspension.self']);
  });

  it('200: blocks as a single call does: access, reason, until, audit, events (I1, I6)', async () => {
    await newEndpoint(test.api);
    const [first = 0, second = 0] = await newUsers(2);
    const { sessionId } = await newSession(test.api, second);
    const blockedUntil = '2099-01-01T00:00:00.000Z';
    const reasons = { suspensionReason: 'Fraud ring', reasonForUser: 'Unusual payments' };
    const options = { ...reasons, category: 'fraud', blockedUntil, triggerWebhook: true };
    await batch({ action: 'block', userIds: [second, first], ...options });
    expect(await isActive(test.api, sessionId)).toBe(false);
    for (const id of [first, second]) {
      expect((await getUser(test.api, id)).suspension).toMatchObject({
        reason: 'Fraud ring',
        reasonForUser: 'Unusual payments',
        category: 'fraud',
        blockedUntil,
        source: 'batch',
        actor: 'admin',
      });
      const { database } = test.api.services;
      const ofUser = ({ user_id }: Record<string, unknown>) => toInteger(user_id) === id;
      expect((await rowsOf(database, 'events')).filter(ofUser)).toHaveLength(1);
      expect((await rowsOf(database, 'deliveries')).filter(ofUser)).toHaveLength(1);
      expect(
        (await rowsOf(database, 'audit_records')).filter(({ target }) => target === `user:${id}`),
      ).toHaveLength(2);
    }
  });

  it('200: unblocks', async () => {
    const [blocked = 0, active = 0] = await newUsers(2);
    await change(test.api, 'block', blocked);
    const { items } = await batch({ action: 'unblock', userIds: [active, blocked], unblockedByUserId: 9001 });
    expect(items.map(({ outcome }) => outcome)).toEqual(['unchanged', 'changed']);
    expect(await getUser(test.api, blocked)).toMatchObject({ isSuspended: false, accessEpoch: 3 });
  });

  it('200: a dry run says what would come of it, and changes nothing', async () => {
    const [blocked = 0, fresh = 0, guarded = 0] = await newUsers(3);
    await change(test.api, 'block', blocked);
    await protect(guarded);
    const { database } = test.api.services;
    const before = await snapshotOf(database);
    const body = { action: 'block', userIds: [fresh, blocked, 4_711, guarded, fresh], triggerWebhook: true };
    const dry = await batch({ ...body, dryRun: true });
    expect(await snapshotOf(database)).toEqual(before);
    expect(dry.items.map(({ outcome }) => outcome)).toEqual([
      'changed',
      'unchanged',
      'not_found',
      'refused',
      'duplicate',
    ]);
    expect(await batch(body)).toEqual(dry);
  });

  it('200: 1,000 users, each once', async () => {
    const { database } = test.api.services;
    const userIds = Array.from({ length: 1_000 }, (_, index) => 5_001 + index);
    const now = new Date();
    for (const id of userIds.filter((one) => one % 2 === 0)) {
      await database.query(sql`INSERT INTO users (id, uid, suspended, protected, access_epoch, event_sequence, version,
        created_at, updated_at) VALUES (${id}, ${`bulk-${id}`}, FALSE, FALSE, 1, 0, 1, ${now}, ${now})`);
    }
    const { items } = await batch({ action: 'block', userIds: userIds.toReversed() });
    expect(items.map(({ userId }) => userId)).toEqual(userIds.toReversed());
    for (const { userId, outcome } of items)
      expect([userId, outcome]).toEqual([userId, userId % 2 === 0 ? 'changed' : 'not_found']);
    const { rows } = await database.query(
      sql`SELECT COUNT(*) AS amount FROM suspensions WHERE open_user_id BETWEEN 5001 AND 6000`,
    );
    expect(toInteger(rows[0]?.amount)).toBe(500);
  });

  it('200: waits for whom somebody else holds, after the others are done', async () => {
    const { database } = test.api.services;
    const [free = 0, held = 0] = await newUsers(2);
    const row = sql`SELECT id FROM users WHERE id = ${held} FOR UPDATE`;
    await whileHeld(database, [row], async (release) => {
      const answer = batch({ action: 'block', userIds: [held, free] });
      await untilWaiting(database, (count) => count > 0);
      expect(await getUser(test.api, free)).toMatchObject({ isSuspended: true });
      await release();
      expect((await answer).items.map(({ outcome }) => outcome)).toEqual(['changed', 'changed']);
    });
  });

  it('403: asks for the scope of the action, and no other', async () => {
    const { id } = await newUser(test.api, {});
    const blocker = await clientToken(test.api, 'users:block');
    const refused = await test.call('POST', PATH, {
      body: { action: 'unblock', userIds: [id] },
      token: blocker,
    });
    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toContain('scope="users:unblock"');
    expect((await batch({ action: 'block', userIds: [id] }, blocker)).items).toMatchObject([
      { outcome: 'changed' },
    ]);
    const faulty = await test.call('POST', PATH, { body: { action: 'block', userIds: [] }, token: blocker });
    expect(faulty.status).toBe(400);
  });

  it.each([
    ['no ids', { action: 'block', userIds: [] }, '/body/userIds'],
    [
      '1,001 ids',
      { action: 'block', userIds: Array.from({ length: 1_001 }, (_, i) => i + 1) },
      '/body/userIds',
    ],
    ['an id that is none', { action: 'block', userIds: [101, 'x'] }, '/body/userIds/1'],
    ['a negative id', { action: 'block', userIds: [-1] }, '/body/userIds/0'],
    ['an id beyond 2^53', { action: 'block', userIds: [2 ** 53] }, '/body/userIds/0'],
    ['no action', { userIds: [101] }, '/body/action'],
    ['another action', { action: 'delete', userIds: [101] }, '/body/action'],
    [
      'a day that does not exist',
      { action: 'block', userIds: [101], blockedUntil: '2026-02-30T00:00:00Z' },
      '/body/blockedUntil',
    ],
    [
      'an until that has passed',
      { action: 'block', userIds: [101], blockedUntil: '2020-01-01T00:00:00Z' },
      '/body/blockedUntil',
    ],
    [
      'the year 9999',
      { action: 'block', userIds: [101], blockedUntil: '9999-01-01T00:00:00Z' },
      '/body/blockedUntil',
    ],
    [
      'an option of the other action',
      { action: 'unblock', userIds: [101], suspensionReason: 'x' },
      '/body/suspensionReason',
    ],
    [
      'the reason for the user of the other action',
      { action: 'unblock', userIds: [101], reasonForUser: 'x' },
      '/body/reasonForUser',
    ],
    ['an unknown option', { action: 'block', userIds: [101], reason: 'x' }, '/body/reason'],
  ])('400: %s refuses the whole by name, and changes nothing (I8)', async (_what, body, pointer) => {
    const { database } = test.api.services;
    const before = await snapshotOf(database);
    const { status, body: problem } = await test.call('POST', PATH, { body });
    expect(status).toBe(400);
    expect(problem).toMatchObject({ errors: [{ pointer }] });
    expect(await snapshotOf(database)).toEqual(before);
  });

  it('503: says that some were changed where the database goes away in the middle', async () => {
    const { database } = test.api.services;
    const userIds = await newUsers(101);
    const transaction = database.transaction.bind(database);
    let runs = 0;
    const mock = jest.spyOn(database, 'transaction').mockImplementation(async (work) => {
      if (++runs === 2) await database.dataSource.destroy();
      return transaction(work);
    });
    const { status, body } = await test.call('POST', PATH, { body: { action: 'block', userIds } });
    mock.mockRestore();
    await database.dataSource.initialize();
    expect([status, (body as { code: string }).code]).toEqual([503, 'service.outcome_unknown']);
    expect(await getUser(test.api, userIds[0] ?? 0)).toMatchObject({ isSuspended: true });
    expect(await getUser(test.api, userIds[100] ?? 0)).toMatchObject({ isSuspended: false });
  });
});
