import { isTokenActive, sessionToken } from '../api/support/user-tokens';
import { type Platform, startPlatform, type TestApiProcess } from '../support/processes';
import { rounds } from '../support/test-environment';
import { change, createUser, signIn, touch, type User } from './support/calls';
import { type Random, seededRandom } from './support/random';

const QUESTIONS = 30;

jest.setTimeout(rounds(150_000, 3_600_000));

describe('I1, I2: introspections of a user’s tokens against her block, on two API processes', () => {
  let platform: Platform;
  let apis: [TestApiProcess, TestApiProcess];

  beforeAll(async () => {
    platform = await startPlatform();
    apis = await Promise.all([platform.startApi(), platform.startApi()]);
  });
  afterAll(() => platform.close());

  it('what is asked after the block was answered is answered no, whoever is asked, and ever after', async () => {
    const random = seededRandom('introspections against a block');
    const seen = { active: 0, dead: 0 };
    const count = rounds(25, 2_500);
    for (let round = 0; round < count; round++) {
      const { active, dead } = await race(random, await createUser(apis[0].call));
      seen.active += active;
      seen.dead += dead;
    }
    process.stdout.write(`${count} blocks, ${seen.active} tokens before them, ${seen.dead} after\n`);
    // Had all been answered alike, the two would not have met.
    expect(Math.min(seen.active, seen.dead)).toBeGreaterThan(0);
  });

  /** What the provider issues upon a sign-in and, where it may, upon a touch. */
  async function tokensOf({ id, uid }: User): Promise<string[]> {
    const answer = await signIn(apis[0].call, id);
    if ('refused' in answer) throw new Error('a user who is not blocked could not sign in');
    const { sessionId, epoch } = answer.session;
    const claims = [{}, { epoch: undefined }, { sid: undefined }, { sid: undefined, epoch: undefined }];
    const issued = claims.map((more) => sessionToken(platform, uid, { sessionId, epoch }, more));
    if (await touch(apis[1].call, sessionId)) issued.push(sessionToken(platform, uid, { sessionId, epoch }));
    return Promise.all(issued);
  }

  /** One round; answers how many questions were answered yes and no. */
  async function race(random: Random, user: User): Promise<{ active: number; dead: number }> {
    const tokens = await tokensOf(user);
    const blockAt = random.below(QUESTIONS);
    let blockAnswered = false;
    let block: Promise<unknown> = Promise.resolve();
    const questions: Promise<{ active: boolean; afterBlock: boolean }>[] = [];
    for (let index = 0; index < QUESTIONS; index++) {
      if (index === blockAt) {
        block = change(random.pick(apis).call, 'block', user.id).then(() => (blockAnswered = true));
      }
      if (random.chance(0.3)) await new Promise((resolve) => setImmediate(resolve));
      const afterBlock = blockAnswered;
      const question = isTokenActive(random.pick(apis).call, random.pick(tokens));
      questions.push(question.then((active) => ({ active, afterBlock })));
    }
    await block;
    await expectDead(tokens);
    await change(random.pick(apis).call, 'unblock', user.id);
    await expectDead(tokens);
    const answers = await Promise.all(questions);
    expect(answers.filter(({ active, afterBlock }) => active && afterBlock)).toEqual([]);
    const active = answers.filter((answer) => answer.active).length;
    return { active, dead: answers.length - active };
  }

  async function expectDead(tokens: readonly string[]): Promise<void> {
    const asked = apis.flatMap(({ call }) => tokens.map((token) => isTokenActive(call, token)));
    expect((await Promise.all(asked)).filter(Boolean)).toEqual([]);
  }
});
