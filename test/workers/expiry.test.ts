import { sql } from '../../src/database/sql';
import { type Platform, startPlatform, type TestApiProcess, waitFor } from '../support/processes';
import { createUser, getUser, signIn } from '../invariants/support/calls';

jest.setTimeout(120_000);

interface History {
  items: { endedAt: string | null; endCause: string | null; endedBy: string | null }[];
}

describe('suspensions that end by themselves, under the real clock', () => {
  let platform: Platform;
  let api: TestApiProcess;
  beforeAll(async () => {
    platform = await startPlatform();
    api = await platform.startApi();
  });
  afterAll(() => platform.close());

  /** For so long, or for longer where a busy machine comes to the block after its end, and rightly refuses it. */
  const blockFor = async (ms: number) => {
    const { id } = await createUser(api.call);
    for (let duration = ms; ; duration *= 2) {
      const until = Date.now() + duration;
      const blockedUntil = new Date(until).toISOString();
      const { status } = await api.call('PATCH', `/api/v1/users/${id}/block`, { body: { blockedUntil } });
      if (status === 400 && Date.now() > until) continue;
      expect(status).toBe(204);
      return { id, blockedUntil };
    }
  };

  /** Closed by a worker, which alone writes who ended it. */
  const closed = (id: number) =>
    waitFor(async () => {
      const { body } = await api.call('GET', `/api/v1/users/${id}/suspensions`);
      const [suspension] = (body as History).items;
      return suspension?.endedBy ? suspension : undefined;
    }, `the end of the suspension of ${id}`);

  it('the worker closes one when its time has come, and tells by its metrics how late', async () => {
    const worker = await platform.startWorker();
    const { id, blockedUntil } = await blockFor(1_500);
    const { status } = await getUser(api.call, id);
    expect(status === 'suspended' || new Date() > new Date(blockedUntil)).toBe(true);
    expect(await closed(id)).toMatchObject({
      endedAt: blockedUntil,
      endCause: 'expired',
      endedBy: 'system:expiry',
    });
    const metrics = await (await fetch(`${worker.url}/metrics`)).text();
    expect(metrics).toMatch(/portcullis_suspension_expiry_delay_seconds_count 1\b/);
    worker.kill('SIGTERM');
    await worker.ended;
  });

  it('while no worker runs she is let in all the same; one that comes later closes what ran out', async () => {
    const { id, blockedUntil } = await blockFor(1_000);
    await waitFor(async () => {
      const { status } = await getUser(api.call, id);
      return status === 'active' ? status : undefined;
    }, 'the until to pass');
    expect(await signIn(api.call, id)).toHaveProperty('session');
    const worker = await platform.startWorker();
    expect(await closed(id)).toMatchObject({ endedAt: blockedUntil, endCause: 'expired' });
    worker.kill('SIGTERM');
    await worker.ended;
  });

  it('a worker that is killed again and again leaves none open and closes none twice', async () => {
    const users = await Promise.all(Array.from({ length: 30 }, (_, n) => blockFor(1_000 + 50 * n)));
    for (let round = 0; round < 3; round++) {
      const worker = await platform.startWorker();
      await closed(users[round * 8]?.id ?? 0);
      worker.kill('SIGKILL');
      await worker.ended;
    }
    const worker = await platform.startWorker();
    await Promise.all(users.map(({ id }) => closed(id)));
    worker.kill('SIGTERM');
    await worker.ended;
    for (const { id } of users) {
      const { items } = (await api.call('GET', `/api/v1/users/${id}/suspensions`)).body as History;
      expect(items).toHaveLength(1);
      const { rows } = await platform.database.query(
        sql`SELECT type FROM events WHERE user_id = ${id} ORDER BY sequence`,
      );
      expect(rows.map(({ type }) => type)).toEqual(['user.blocked', 'user.unblocked']);
    }
  });
});
