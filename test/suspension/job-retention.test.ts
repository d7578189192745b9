import { toInteger, toText } from '../../src/database/decode';
import { sql } from '../../src/database/sql';
import { SWEEP_BATCH } from '../../src/database/sweeper';
import { Uuid } from '../../src/database/uuid';
import { finishedJobSweep, hiddenJobSweep } from '../../src/suspension/batch/job-retention';
import { newUser } from '../api/support/fixtures';
import { getJob, JOBS, type JobBody, newJob, outcomesOf, runJobs } from '../api/support/jobs';
import { emptyTables, rowsOf } from '../api/support/tables';
import { startTestApi, type TestApi } from '../support/test-api';

const DAYS = 90;
const DAY_MS = 86_400_000;

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ LOG_LEVEL: 'silent' });
});
afterEach(async () => {
  api.clock.shiftMs = 0;
  await emptyTables(api.services.database);
});
afterAll(() => api.close());

const inDays = (days: number) => {
  api.clock.shiftMs = days * DAY_MS;
};

/** As the sweeper does; answers how many rows each batch removed. */
async function sweep(): Promise<number[]> {
  const { database } = api.services;
  await finishedJobSweep(DAYS).batch(database);
  const batches: number[] = [];
  for (;;) {
    const { removed, more } = await hiddenJobSweep.batch(database);
    if (!more) return batches;
    batches.push(removed);
  }
}

/** How many rows there are of a job: itself, its items and its outcomes. */
async function rowsLeft({ id }: JobBody): Promise<number[]> {
  const { database } = api.services;
  const amounts = await Promise.all([
    database.query(sql`SELECT COUNT(*) AS amount FROM suspension_jobs WHERE id = ${new Uuid(id)}`),
    database.query(sql`SELECT COUNT(*) AS amount FROM suspension_job_items WHERE job_id = ${new Uuid(id)}`),
    database.query(
      sql`SELECT COUNT(*) AS amount FROM suspension_job_outcomes WHERE job_id = ${new Uuid(id)}`,
    ),
  ]);
  return amounts.map(({ rows }) => toInteger(rows[0]?.amount));
}

const undo = async ({ id }: JobBody): Promise<JobBody> =>
  (await api.call('POST', `${JOBS}/${id}/undo`, { body: {} })).body;

describe('retention of suspension jobs', () => {
  it('removes jobs that came to their end long enough ago, however they did, and no others', async () => {
    const done = await newJob(api, [101, 102, 101]);
    await runJobs(api);
    const cancelled = await newJob(api, [103]);
    await api.call('POST', `${JOBS}/${cancelled.id}/cancel`);
    const waiting = await newJob(api, [104]);
    inDays(DAYS - 1);
    expect(await sweep()).toEqual([]);
    const lately = await newJob(api, [105]);
    await api.call('POST', `${JOBS}/${lately.id}/cancel`);

    inDays(DAYS + 1);
    await sweep();
    expect(await rowsLeft(done)).toEqual([0, 0, 0]);
    expect(await rowsLeft(cancelled)).toEqual([0, 0, 0]);
    expect(await rowsLeft(waiting)).toEqual([1, 1, 0]);
    expect(await rowsLeft(lately)).toEqual([1, 1, 0]);
  });

  it('works in bounded batches, and nobody sees or undoes a job of which a part is removed', async () => {
    const { database } = api.services;
    const job = await newJob(
      api,
      Array.from({ length: 2 * SWEEP_BATCH + 1 }, (_, at) => 700_001 + at),
    );
    await runJobs(api);
    inDays(DAYS + 1);
    await finishedJobSweep(DAYS).batch(database);
    expect(await hiddenJobSweep.batch(database)).toEqual({ removed: 2 * SWEEP_BATCH, more: true });
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/outcomes'],
      ['POST', '/undo'],
      ['POST', '/cancel'],
    ] as const) {
      const body = path === '/undo' ? { body: {} } : {};
      expect((await api.call(method, `${JOBS}/${job.id}${path}`, body)).status).toBe(404);
    }
    const listed = (await api.call('GET', JOBS)).body as { suspensionJobs: JobBody[] };
    expect(JSON.stringify(listed)).not.toContain(job.id);
    expect(await sweep()).toEqual([2 * SWEEP_BATCH, 3]);
    expect(await rowsLeft(job)).toEqual([0, 0, 0]);
  });

  it('a job stays as long as its undo has to read its outcomes', async () => {
    const user = await newUser(api, {});
    const job = await newJob(api, [106, 107, user.id]);
    await runJobs(api);
    inDays(DAYS + 1);
    const undoing = await undo(job);
    expect(await sweep()).toEqual([]);
    await runJobs(api);
    expect(await outcomesOf(api, undoing.id)).toEqual([{ position: 3, userId: user.id, outcome: 'changed' }]);
    expect(await sweep()).toEqual([7]);
    expect(await rowsLeft(job)).toEqual([0, 0, 0]);
    // Its outcomes have the positions of the job before it, past its own total.
    inDays(2 * DAYS + 2);
    expect(await sweep()).toEqual([2]);
    expect(await rowsLeft(undoing)).toEqual([0, 0, 0]);
  });

  it('of two workers one removes a piece, and the other does it no harm', async () => {
    const job = await newJob(
      api,
      Array.from({ length: SWEEP_BATCH + 1 }, (_, at) => 800_001 + at),
    );
    await runJobs(api);
    inDays(DAYS + 1);
    const removed = (await Promise.all([sweep(), sweep(), sweep()])).flat();
    // What one has skipped because another held it, the next sweep finds.
    const rest = await sweep();
    expect([...removed, ...rest].reduce((sum, one) => sum + one, 0)).toBe(2 * SWEEP_BATCH + 3);
    expect(await rowsLeft(job)).toEqual([0, 0, 0]);
  });
});

describe('an upload that was never completed', () => {
  it('is removed after an hour, and no other', async () => {
    const { database } = api.services;
    const { id: complete } = await newJob(api, [101, 102]);
    const { id: broken } = await newJob(api, [900_103, 900_104, 900_103]);
    await database.query(sql`UPDATE suspension_jobs SET state = 'uploading' WHERE total = 3`);
    const left = async () => [
      (await rowsOf(database, 'suspension_jobs')).filter(({ state }) => toText(state) === 'uploading').length,
      (await rowsOf(database, 'suspension_job_items')).filter(({ user_id }) =>
        [900_103, 900_104].includes(toInteger(user_id)),
      ).length,
    ];
    expect(await hiddenJobSweep.batch(database)).toEqual({ removed: 0, more: false });
    expect(await left()).toEqual([1, 2]);
    expect((await api.call('GET', `/api/v1/suspension-jobs/${broken}`)).status).toBe(404);
    expect((await api.call('POST', `/api/v1/suspension-jobs/${broken}/cancel`)).status).toBe(404);

    api.clock.shiftMs = 3_700_000;
    expect(await hiddenJobSweep.batch(database)).toEqual({ removed: 4, more: true });
    expect(await hiddenJobSweep.batch(database)).toEqual({ removed: 0, more: false });
    expect(await left()).toEqual([0, 0]);
    expect(await getJob(api, complete)).toMatchObject({ state: 'queued', total: 2 });
  });
});
