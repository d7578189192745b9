import { type Platform, startPlatform, type TestApiProcess } from '../support/processes';
import { rounds } from '../support/test-environment';
import {
  activeSessions,
  change,
  createUser,
  getUser,
  type Session,
  signIn,
  signInByUid,
  touch,
  type User,
} from './support/calls';
import { type Random, seededRandom } from './support/random';

const SIGN_INS = 50;
const NEIGHBOURS = 3;

jest.setTimeout(rounds(150_000, 3_600_000));

describe('I1: a block, and sign-ins and touches of the same user, on two API processes', () => {
  let platform: Platform;
  let apis: [TestApiProcess, TestApiProcess];

  beforeAll(async () => {
    platform = await startPlatform();
    apis = await Promise.all([platform.startApi(), platform.startApi()]);
  });
  afterAll(() => platform.close());

  const newUser = () => createUser(apis[0].call);

  it('once the block is answered no session is alive, and none is made until the unblock', async () => {
    const random = seededRandom('block against sign-ins');
    const neighbours = await Promise.all(Array.from({ length: NEIGHBOURS }, newUser));
    let signedIn = 0;
    let user = await newUser();
    const count = rounds(15, 2_500);
    for (let round = 0; round < count; round++) {
      // Now and then a fresh one; else the user of the last round, with the sessions of older epochs.
      if (round % 4 === 3) user = await newUser();
      signedIn += await race(random, user, neighbours);
    }
    process.stdout.write(
      `${count} blocks, ${count * SIGN_INS} sign-ins, ${signedIn} of them before the block\n`,
    );
    // Had all been refused, or none, the two would not have met.
    expect(signedIn).toBeGreaterThan(0);
    expect(signedIn).toBeLessThan(count * SIGN_INS);
  });

  /** One round; answers how many sign-ins came before the block. */
  async function race(random: Random, { id: userId, uid }: User, neighbours: User[]): Promise<number> {
    const [here, there] = random.chance(0.5) ? apis : [apis[1], apis[0]];
    const before = await mustSignIn(there, userId);
    const blockAt = random.below(SIGN_INS);
    let blockAnswered = false;
    let block: Promise<unknown> = Promise.resolve();

    const signIns: Promise<{ session: Session | null; startedAfterBlock: boolean }>[] = [];
    const touches: Promise<{ alive: boolean; startedAfterBlock: boolean }>[] = [];
    for (let index = 0; index < SIGN_INS; index++) {
      if (index === blockAt) {
        // Together with other users' blocks, so that they may share a transaction.
        const others = random.chance(0.5) ? neighbours : [];
        const companions = others.map(({ id }) => change(here.call, 'block', id));
        block = change(here.call, 'block', userId).then(async ({ sessionsRevoked, status }) => {
          blockAnswered = true;
          expect({ status, alive: await activeSessions(there.call, userId) }).toEqual({
            status: 'suspended',
            alive: [],
          });
          expect(sessionsRevoked).toBeGreaterThanOrEqual(1);
          await Promise.all(companions);
        });
      }
      if (random.chance(0.3)) await new Promise((resolve) => setImmediate(resolve));
      const startedAfterBlock = blockAnswered;
      const { call } = random.pick(apis);
      if (random.chance(0.3)) {
        touches.push(touch(call, before.sessionId).then((alive) => ({ alive, startedAfterBlock })));
      }
      const answered = random.chance(0.5) ? signIn(call, userId) : signInByUid(call, uid);
      const attempt = answered.then((answer) => ({
        session: 'session' in answer ? answer.session : null,
        startedAfterBlock,
      }));
      signIns.push(attempt);
    }
    const [answers] = await Promise.all([Promise.all(signIns), block]);

    expect(answers.filter(({ session, startedAfterBlock }) => session && startedAfterBlock)).toEqual([]);
    const touched = await Promise.all(touches);
    expect(touched.filter(({ alive, startedAfterBlock }) => alive && startedAfterBlock)).toEqual([]);
    await expectDead(userId);
    expect(await signIn(here.call, userId)).toEqual({ refused: 'user.suspended' });

    await change(there.call, 'unblock', userId);
    await expectDead(userId);
    const after = await mustSignIn(here, userId);
    expect((await activeSessions(there.call, userId)).map(({ sessionId }) => sessionId)).toEqual([
      after.sessionId,
    ]);
    const made = answers.flatMap(({ session }) => (session ? [session] : []));
    const { accessEpoch } = await getUser(here.call, userId);
    [before, ...made].forEach(({ epoch }) => expect(epoch).toBe(accessEpoch - 2));
    return made.length;
  }

  async function expectDead(userId: number): Promise<void> {
    const alive = await Promise.all(apis.map(({ call }) => activeSessions(call, userId)));
    expect(alive).toEqual([[], []]);
  }

  async function mustSignIn(api: TestApiProcess, userId: number): Promise<Session> {
    const answer = await signIn(api.call, userId);
    if ('refused' in answer) throw new Error('a user who is not blocked could not sign in');
    return answer.session;
  }
});
