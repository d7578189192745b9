import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { startTestApi, type TestApi } from '../support/test-api';
import { rounds } from '../support/test-environment';
import { createModel } from './support/model';
import { type Operation, operations } from './support/model-operations';
import { createSystem } from './support/model-system';

const USERS = 3;

/** Sequences that showed a fault once. */
const FOUND_ONCE: Operation[][] = [
  // An undo came upon a later suspension that had run out, and was said to have changed it.
  [
    { do: 'job', action: 'block', whom: [0], reason: 'one' },
    { do: 'block', who: 0, reason: 'another', minutes: 5, webhook: false },
    { do: 'pass' },
    { do: 'undo' },
  ],
];

jest.setTimeout(rounds(150_000, 3_600_000));

/**
 * Random sequences of everything that changes a suspension or an account, held against a reference of a hundred lines:
 * after each step status, epoch, sessions and outcomes are those of the reference, and in the end so are the events.
 */
describe('I1, I2, I5, I6: random sequences against a small reference model', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi({ LOG_LEVEL: 'silent', RATE_LIMIT_DEFAULT: '0', RATE_LIMIT_SESSIONS: '0' });
  });
  afterAll(() => api.close());

  it('the service does what the reference does', async () => {
    const seed = Number(process.env.TEST_SEED ?? randomInt(2 ** 31));
    const numRuns = rounds(60, 5_000);
    process.stdout.write(`random sequences: TEST_SEED=${seed}, ${numRuns} runs\n`);
    await fc.assert(
      fc.asyncProperty(operations(USERS), async (sequence) => {
        const system = await createSystem(api, USERS);
        const model = createModel(USERS);
        for (const operation of sequence) {
          const answered = await system.run(operation);
          expect([operation, answered]).toEqual([operation, model.run(operation)]);
          expect([operation, await system.state()]).toEqual([operation, model.state()]);
        }
        expect(await system.events()).toEqual(model.events());
      }),
      { seed, numRuns, examples: FOUND_ONCE.map((sequence): [Operation[]] => [sequence]) },
    );
  });
});
