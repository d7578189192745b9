import { createTurns } from '../../src/access/turns';
import { toInteger } from '../../src/database/decode';
import { sql } from '../../src/database/sql';
import { FAR_FUTURE, newUser } from '../api/support/fixtures';
import { untilWaiting, whileHeld } from '../invariants/support/held-rows';
import { startTestApi, type TestApi } from '../support/test-api';

describe('turns', () => {
  const gate = () => {
    let open: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    return { open: () => open(), opened };
  };

  it('let three of one key in, the others in order, and those of other keys at once', async () => {
    const inTurn = createTurns();
    const gates = Array.from({ length: 5 }, gate);
    const entered: number[] = [];
    const all = gates.map(({ opened }, index) =>
      inTurn('ada', () => {
        entered.push(index);
        return opened;
      }),
    );
    await inTurn('bob', () => Promise.resolve());
    expect(entered).toEqual([0, 1, 2]);
    gates[1]?.open();
    await all[1];
    expect(entered).toEqual([0, 1, 2, 3]);
    gates.forEach(({ open }) => open());
    await Promise.all(all);
    expect(entered).toEqual([0, 1, 2, 3, 4]);
  });

  it('whose work fails make room all the same', async () => {
    const inTurn = createTurns();
    const failed = Array.from({ length: 4 }, () => inTurn(7, () => Promise.reject(new Error('no'))));
    expect(await Promise.allSettled(failed)).toMatchObject(failed.map(() => ({ status: 'rejected' })));
    expect(await inTurn(7, () => Promise.resolve('in'))).toBe('in');
  });

  it('that do not come within 10 s are refused, and keep nobody else from theirs', async () => {
    jest.useFakeTimers();
    try {
      const inTurn = createTurns();
      const { open, opened } = gate();
      const inside = [1, 2, 3].map(() => inTurn('ada', () => opened));
      const late = inTurn('ada', () => Promise.resolve());
      const refused = expect(late).rejects.toMatchObject({ code: 'service.busy' });
      jest.advanceTimersByTime(10_000);
      await refused;
      const next = inTurn('ada', () => Promise.resolve('in'));
      open();
      await Promise.all(inside);
      expect(await next).toBe('in');
    } finally {
      jest.useRealTimers();
    }
  });
});

describe('a user whose row is held', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi({ LOG_LEVEL: 'silent' });
  });
  afterAll(() => api.close());

  it('does not take the pool: others sign in while many of her sign-ins wait', async () => {
    const [ada, bob] = [await newUser(api, { uid: 'ada' }), await newUser(api, { uid: 'bob' })];
    const { database } = api.services;
    const body = { clientId: 'web', expiresAt: FAR_FUTURE };
    const signIn = (id: number) => api.call('POST', `/api/v1/users/${id}/sessions`, { body });
    const signInByUid = (uid: string) =>
      api.call('POST', '/api/v1/sign-ins', { body: { ...body, user: { uid } } });
    const row = sql`SELECT id FROM users WHERE id = ${ada.id} FOR UPDATE`;
    await whileHeld(database, [row], async (release) => {
      // More than the pool has connections, through either door.
      const hers = Array.from({ length: 12 }, () => [signIn(ada.id), signInByUid('ada')]).flat();
      await untilWaiting(database, (waiting) => waiting === 6);
      const his = [await signIn(bob.id), await signInByUid('bob')];
      expect(his.map(({ status }) => status)).toEqual([201, 201]);
      const { rows } = await database.query(sql`SELECT COUNT(*) AS amount FROM sessions`);
      expect(toInteger(rows[0]?.amount)).toBe(2);
      await release();
      // On a busy machine the turn of some does not come in time.
      const statuses = new Set((await Promise.all(hers)).map(({ status }) => status));
      expect(statuses).toContain(201);
      expect([...statuses].filter((status) => status !== 201 && status !== 503)).toEqual([]);
    });
  });
});
