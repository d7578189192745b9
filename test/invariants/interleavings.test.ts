import { type Platform, startPlatform, type TestApiProcess } from '../support/processes';
import { rounds } from '../support/test-environment';
import { activeSessions, change, createUser, expected, getUser, signIn } from './support/calls';
import { createHistory, type History } from './support/history';
import { type Random, seededRandom } from './support/random';

const USERS = 3;
const CALLS_AT_ONCE = 16;
/** Users are left behind after so many rounds, so that their histories stay short. */
const ROUNDS_A_CAST = 10;

jest.setTimeout(rounds(150_000, 3_600_000));

interface Member {
  id: number;
  history: History;
}

describe('I1, I2: random calls of few users, on two API processes', () => {
  let platform: Platform;
  let apis: TestApiProcess[];

  beforeAll(async () => {
    platform = await startPlatform();
    apis = await Promise.all([platform.startApi(), platform.startApi()]);
  });
  afterAll(() => platform.close());

  it('whenever it is quiet, alive are exactly the sessions made after the last rise of the epoch', async () => {
    const random = seededRandom('random calls');
    const count = rounds(40, 4_000);
    let cast: Member[] = [];
    for (let round = 0; round < count; round++) {
      if (round % ROUNDS_A_CAST === 0) cast = await Promise.all(Array.from({ length: USERS }, newMember));
      const calls = Array.from({ length: CALLS_AT_ONCE }, () => randomCall(random, random.pick(cast)));
      await Promise.all(calls);
      await Promise.all(cast.map((member) => expectConsistent(random, member)));
    }
    process.stdout.write(`${count} rounds of ${CALLS_AT_ONCE} calls\n`);
  });

  async function newMember(): Promise<Member> {
    const { id, accessEpoch } = await createUser(call());
    return { id, history: createHistory(accessEpoch) };
  }

  const call = (random?: Random) => {
    const api = random ? random.pick(apis) : apis[0];
    if (!api) throw new Error('no API runs');
    return api.call;
  };

  async function randomCall(random: Random, member: Member): Promise<void> {
    const through = call(random);
    const dice = random.below(10);
    const known = member.history.sessionIds();
    if (dice < 5) return newSession(through, member);
    if (dice < 8) return suspend(through, member, dice === 5 ? 'block' : 'unblock');
    if (dice === 8) return revokeAll(through, member);
    if (known.length > 0) return revokeOne(through, member, random.pick(known));
  }

  async function newSession(through: TestApiProcess['call'], { id, history }: Member): Promise<void> {
    const answer = await history.timed(() => signIn(through, id));
    if ('session' in answer) history.signedIn(answer);
  }

  async function suspend(
    through: TestApiProcess['call'],
    { id, history }: Member,
    action: 'block' | 'unblock',
  ): Promise<void> {
    const { accessEpoch, sentAt, answeredAt } = await history.timed(() => change(through, action, id));
    history.rise({ action, epoch: accessEpoch, sentAt, answeredAt });
  }

  async function revokeAll(through: TestApiProcess['call'], { id, history }: Member): Promise<void> {
    const answer = await history.timed(() => through('DELETE', `/api/v1/users/${id}/sessions`));
    expected(answer, 204, 'revoke all sessions');
    history.rise({ ...answer, action: 'revoke', epoch: null });
  }

  async function revokeOne(
    through: TestApiProcess['call'],
    { history }: Member,
    sessionId: string,
  ): Promise<void> {
    expected(await through('DELETE', `/api/v1/sessions/${sessionId}`), 204, 'revoke a session');
    history.ended(sessionId);
  }

  async function expectConsistent(random: Random, { id, history }: Member): Promise<void> {
    const [user, sessions] = await Promise.all([getUser(call(random), id), activeSessions(call(random), id)]);
    const alive = new Set(sessions.map(({ sessionId }) => sessionId));
    const now = { epoch: user.accessEpoch, suspended: user.isSuspended, alive };
    expect(history.contradictions(now)).toEqual([]);
  }
});
