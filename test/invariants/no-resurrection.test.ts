import { type Platform, startPlatform, type TestApiProcess } from '../support/processes';
import { rounds } from '../support/test-environment';
import { allSessions, change, createUser, expected, getUser, signIn } from './support/calls';
import { type Random, seededRandom } from './support/random';

const STEPS = 20;

jest.setTimeout(rounds(150_000, 3_600_000));

describe('I2: what was revoked stays dead', () => {
  let platform: Platform;
  let apis: [TestApiProcess, TestApiProcess];

  beforeAll(async () => {
    platform = await startPlatform();
    apis = await Promise.all([platform.startApi(), platform.startApi()]);
  });
  afterAll(() => platform.close());

  it('through random sequences no dead session lives again, and the epoch only grows', async () => {
    const random = seededRandom('sequences');
    const count = rounds(8, 1_000);
    for (let round = 0; round < count; round++) {
      const calls = apis.map(({ call }) => call);
      const { id, accessEpoch } = await createUser(random.pick(calls));
      await sequence(random, id, accessEpoch);
    }
    process.stdout.write(`${count} sequences of ${STEPS} steps\n`);
  });

  async function sequence(random: Random, userId: number, firstEpoch: number): Promise<void> {
    const dead = new Set<string>();
    let alive: string[] = [];
    let epoch = firstEpoch;
    for (let step = 0; step < STEPS; step++) {
      const { call } = random.pick(apis);
      const dice = random.below(8);
      if (dice < 3) {
        const answer = await signIn(call, userId);
        if ('session' in answer) alive.push(answer.session.sessionId);
      } else if (dice === 3 && alive.length > 0) {
        const ended = random.pick(alive);
        expected(await call('DELETE', `/api/v1/sessions/${ended}`), 204, 'revoke a session');
        dead.add(ended);
        alive = alive.filter((sessionId) => sessionId !== ended);
      } else if (dice > 3) {
        epoch = await endAllAccess(call, userId, random, epoch);
        alive.forEach((sessionId) => dead.add(sessionId));
        alive = [];
      }
      const through = random.pick(apis).call;
      const { accessEpoch } = await getUser(through, userId);
      expect(accessEpoch).toBe(epoch);
      const sessions = await allSessions(through, userId);
      const living = sessions.filter(({ active }) => active).map(({ sessionId }) => sessionId);
      expect(living.sort()).toEqual([...alive].sort());
      expect(sessions).toHaveLength(dead.size + alive.length);
    }
    await expectIdsUsedUp(random, userId, [...dead]);
  }

  /** @returns the epoch that must stand now */
  async function endAllAccess(
    call: TestApiProcess['call'],
    userId: number,
    random: Random,
    epoch: number,
  ): Promise<number> {
    const action = random.pick(['block', 'unblock', 'unblock', 'revoke'] as const);
    if (action === 'revoke') {
      expected(await call('DELETE', `/api/v1/users/${userId}/sessions`), 204, 'revoke all sessions');
    } else {
      const { accessEpoch } = await change(call, action, userId);
      expect(accessEpoch).toBe(epoch + 1);
    }
    return epoch + 1;
  }

  /** A session id that was ever seen is never accepted again, neither for her nor for somebody else. */
  async function expectIdsUsedUp(random: Random, userId: number, ids: string[]): Promise<void> {
    if (ids.length === 0) return;
    const { call } = random.pick(apis);
    await change(call, 'unblock', userId);
    const other = await createUser(call);
    for (const id of [userId, other.id]) {
      const body = { clientId: 'web', expiresAt: '2099-12-31T23:59:59Z', sessionId: random.pick(ids) };
      const answer = await call('POST', `/api/v1/users/${id}/sessions`, { body });
      expect(expected<{ code: string }>(answer, 409, 'reuse an id').code).toBe('session.id_used');
    }
  }
});
