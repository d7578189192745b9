import { done, change, getUser, newSession, newUser } from '../api/support/fixtures';
import { startTestApi, type TestApi } from '../support/test-api';
import { rounds } from '../support/test-environment';

const SIGN_INS = 20;
const HOUR_MS = 3_600_000;

jest.setTimeout(rounds(120_000, 1_800_000));

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterEach(() => {
  api.clock.shiftMs = 0;
});
afterAll(() => api.close());

const deactivate = (id: number) => done(api, 'DELETE', `/api/v1/users/${id}`);
const reactivate = (id: number) => done(api, 'POST', `/api/v1/users/${id}/reactivate`);
const erase = (id: number) => done(api, 'DELETE', `/api/v1/users/${id}`, { permanent: true });

type Step = 'block' | 'unblock' | 'deactivate' | 'reactivate';
const perform = (step: Step, id: number): Promise<unknown> =>
  step === 'deactivate' ? deactivate(id) : step === 'reactivate' ? reactivate(id) : change(api, step, id);

/** Every order of the four steps. */
const orders = (steps: Step[]): Step[][] =>
  steps.length === 0
    ? [[]]
    : steps.flatMap((step) => orders(steps.filter((other) => other !== step)).map((rest) => [step, ...rest]));

describe('deactivation and suspension are independent', () => {
  it.each(orders(['block', 'unblock', 'deactivate', 'reactivate']).map((order) => [order]))(
    '%j',
    async (order) => {
      const { id } = await newUser(api);
      const state = { suspended: false, deactivated: false };
      for (const step of order) {
        await perform(step, id);
        if (step === 'block' || step === 'unblock') state.suspended = step === 'block';
        else state.deactivated = step === 'deactivate';
        const { status, suspension } = await getUser(api, id);
        expect(status).toBe(state.deactivated ? 'deactivated' : state.suspended ? 'suspended' : 'active');
        expect(suspension !== null).toBe(state.suspended);
      }
    },
  );

  it('a suspension that ends by itself meanwhile reactivates nobody', async () => {
    const { id } = await newUser(api);
    const blockedUntil = new Date(Date.now() + HOUR_MS).toISOString();
    await change(api, 'block', id, { body: { blockedUntil } });
    await deactivate(id);
    api.clock.shiftMs = 2 * HOUR_MS;
    expect(await getUser(api, id)).toMatchObject({ status: 'deactivated' });
    await reactivate(id);
    expect(await getUser(api, id)).toMatchObject({ status: 'active' });
  });
});

describe('I1: a deactivation or erasure against sign-ins of the same user', () => {
  it.each([
    ['a deactivation', deactivate, 403],
    ['an erasure', erase, 404],
  ])('%s: once it is answered no session is alive, and none is made', async (_name, end, refusal) => {
    let [before, after] = [0, 0];
    for (let round = 0; round < rounds(12, 500); round++) {
      const { id } = await newUser(api);
      await newSession(api, id);
      const signIn = () =>
        api.call('POST', `/api/v1/users/${id}/sessions`, {
          body: { clientId: 'web', expiresAt: '2099-12-31T23:59:59Z' },
        });
      const first = signIn();
      // By turns beside the first sign-in, and once it is answered: so some come before the end, and some after.
      const ending = round % 2 === 0 ? end(id) : first.then(() => end(id));
      const calls = [first, ...Array.from({ length: SIGN_INS - 1 }, signIn)];
      const answers = await Promise.all(calls);
      await ending;
      // 503: on a busy machine a sign-in may not get its turn; then there is no session either.
      for (const { status } of answers) expect([201, refusal, 503]).toContain(status);
      before += answers.filter(({ status }) => status === 201).length;
      after += answers.filter(({ status }) => status === refusal).length;
      for (const { status, body } of answers) {
        if (status !== 201) continue;
        const { sessionId } = body as { sessionId: string };
        const { body: session } = await api.call('GET', `/api/v1/sessions/${sessionId}`);
        expect((session as { active?: boolean }).active ?? false).toBe(false);
      }
      await expect(newSession(api, id)).rejects.toThrow(String(refusal));
    }
    // Had all been refused, or none, the two would not have met.
    expect(before).toBeGreaterThan(0);
    expect(after).toBeGreaterThan(0);
  });
});
