import { sql } from '../../../src/database/sql';
import { newUuid } from '../../../src/database/uuid';
import { deleteKey, insertKey } from '../../../src/http/idempotency/key-queries';
import { identify, type RequestParts } from '../../../src/http/idempotency/request-identity';
import { createUser, getUser } from '../../invariants/support/calls';
import { untilWaiting, whileHeld } from '../../invariants/support/held-rows';
import { type Platform, startPlatform, type TestApiProcess, waitFor } from '../../support/processes';

// It waits for processes to start.
jest.setTimeout(120_000);

describe('Idempotency-Key over several API processes', () => {
  let platform: Platform;
  let here: TestApiProcess;
  let there: TestApiProcess;
  beforeAll(async () => {
    platform = await startPlatform();
    [here, there] = await Promise.all([platform.startApi(), platform.startApi()]);
  });
  afterAll(() => platform.close());

  const block = ({ call }: TestApiProcess, userId: number, key: string) =>
    call('PATCH', `/api/v1/users/${userId}/block`, { headers: { 'idempotency-key': key } });
  /** On a busy machine the first may take its second, and a repeat comes back, as it is told to. */
  const answered = (api: TestApiProcess, userId: number, key: string) =>
    waitFor(async () => {
      const answer = await block(api, userId, key);
      return answer.status === 409 ? undefined : answer;
    }, 'an answer');
  const rowOf = (userId: number) => [sql`SELECT id FROM users WHERE id = ${userId} FOR UPDATE`];
  const keys = async () => (await platform.database.query(sql`SELECT id FROM idempotency_keys`)).rows.length;

  it('a request that comes to both at once, over and over, runs once', async () => {
    for (let round = 0; round < 20; round++) {
      const { id } = await createUser(here.call);
      const key = `both ${round}`;
      const answers = await Promise.all([here, there, here, there].map((api) => answered(api, id, key)));
      expect(answers.map(({ status }) => status)).toEqual([204, 204, 204, 204]);
      const replays = answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true');
      expect(replays).toHaveLength(3);
      expect((await getUser(here.call, id)).accessEpoch).toBe(2);
    }
  });

  it('409 after a second while another process is still running it', async () => {
    const { id } = await createUser(here.call);
    // As another process has it whose transaction has not come to its end.
    const claim = newUuid();
    const identity = { ...identify('admin', 'slow', {} as RequestParts), fingerprint: 'of the first' };
    await whileHeld(platform.database, [insertKey(claim, identity, id, null)], async () => {
      const asked = performance.now();
      const { status, body, headers } = await block(here, id, 'slow');
      const waited = performance.now() - asked;
      expect([status, body]).toEqual([409, expect.objectContaining({ code: 'idempotency.in_progress' })]);
      expect(headers.get('retry-after')).toBe('1');
      expect(waited).toBeGreaterThan(900);
      expect(waited).toBeLessThan(2_500);
      // Nobody else is held up by it.
      expect((await block(here, (await createUser(here.call)).id, 'another')).status).toBe(204);
    });
    await platform.database.query(deleteKey(claim));
    expect((await block(here, id, 'slow')).status).toBe(204);
    expect((await getUser(here.call, id)).accessEpoch).toBe(2);
  });

  it('a process that is killed leaves no key behind: the repeat runs', async () => {
    const { id } = await createUser(here.call);
    const before = await keys();
    const victim = await platform.startApi();
    await whileHeld(platform.database, rowOf(id), async (release) => {
      const cut = block(victim, id, 'cut off').catch(() => undefined);
      await untilWaiting(platform.database, (waiting) => waiting > 0);
      victim.kill('SIGKILL');
      expect(await cut).toBeUndefined();
      await release();
    });
    // The server notices in its own time that nobody is there any more, and until then the key is claimed.
    const repeat = await answered(here, id, 'cut off');
    expect([repeat.status, repeat.headers.get('idempotency-replayed')]).toEqual([204, null]);
    expect((await getUser(here.call, id)).accessEpoch).toBe(2);
    expect(await keys()).toBe(before + 1);
  });
});
