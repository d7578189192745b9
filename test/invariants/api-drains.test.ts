import { sql } from '../../src/database/sql';
import { type Platform, startPlatform, type TestApiProcess, waitFor } from '../support/processes';
import { rounds } from '../support/test-environment';
import { activeSessions, change, createUser, getUser, signIn } from './support/calls';
import { untilWaiting, whileHeld } from './support/held-rows';

/** The block and the three sign-ins of one user that hold a connection while they wait for her row; the rest wait without. */
const WITH_CONNECTION = 4;
const UNDER_WAY = 8;

jest.setTimeout(rounds(120_000, 3_600_000));

describe('I3: SIGTERM of the API while requests run', () => {
  let platform: Platform;

  beforeAll(async () => {
    platform = await startPlatform();
  });
  afterAll(() => platform.close());

  it('answers all that is under way, takes no more, and exits with 0', async () => {
    const observer = await platform.startApi();
    const count = rounds(1, 60);
    for (let round = 0; round < count; round++) await drainOnce(observer);
  });

  /** The user's row is held, so that her requests are known to be under way when the signal comes. */
  async function drainOnce(observer: TestApiProcess): Promise<void> {
    const { id, accessEpoch } = await createUser(observer.call);
    const leaving = await platform.startApi();
    const row = sql`SELECT id FROM users WHERE id = ${id} FOR UPDATE`;
    await whileHeld(platform.database, [row], async (release) => {
      const signIns = Array.from({ length: UNDER_WAY - 1 }, () => signIn(leaving.call, id));
      const block = change(leaving.call, 'block', id);
      const answers = Promise.all([block, ...signIns]);
      await untilWaiting(platform.database, (waiting) => waiting === WITH_CONNECTION);
      leaving.kill('SIGTERM');
      await leaving.says('draining');
      await waitFor(() => refusesConnections(leaving.url), 'the end of its listening');
      await release();
      await answers;
    });
    expect(await leaving.ended).toBe(0);
    const user = await getUser(observer.call, id);
    expect(user).toMatchObject({ isSuspended: true, accessEpoch: accessEpoch + 1 });
    expect(await activeSessions(observer.call, id)).toEqual([]);
  }
});

const refusesConnections = (url: string): Promise<true | undefined> =>
  fetch(`${url}/healthz`).then(
    () => undefined,
    () => true as const,
  );
