import { sql } from '../../src/database/sql';
import { forgetOutcomesOf } from '../../src/suspension/batch/suspension-job-queries';
import { describeOperation } from './support/describe-operation';
import { newUser } from './support/fixtures';
import { JOBS, newJob, outcomesOf, runJobs } from './support/jobs';

const missing = {
  path: `${JOBS}/01a1fdda-0000-7000-8000-000000000000/outcomes`,
  code: 'suspension_job.not_found',
};
const path = async (api: Parameters<typeof newJob>[0]) => `${JOBS}/${(await newJob(api, [101])).id}/outcomes`;

describeOperation('getSuspensionJobOutcomes', { path, missing }, (test) => {
  it('200: nothing before the job has come to anybody', async () => {
    const { id } = await newJob(test.api, [101]);
    const { status, headers, body } = await test.call('GET', `${JOBS}/${id}/outcomes`);
    expect([status, headers.get('content-type'), body]).toEqual([200, 'application/x-ndjson', []]);
  });

  it('200: more than a page of the database, each once, in the order of the upload', async () => {
    const ids = Array.from({ length: 4_100 }, (_, index) => 900_000 - index);
    const { id } = await newJob(test.api, ids);
    await runJobs(test.api);
    const outcomes = await outcomesOf(test.api, id);
    expect(outcomes.map(({ position, userId }) => [position, userId])).toEqual(
      ids.map((userId, index) => [index + 1, userId]),
    );
  });

  it('200: why somebody was refused', async () => {
    const guarded = await newUser(test.api, {});
    await test.api.services.database.query(sql`UPDATE users SET protected = TRUE WHERE id = ${guarded.id}`);
    const { id } = await newJob(test.api, [guarded.id, 101], { action: 'block', blockedByUserId: '101' });
    await runJobs(test.api);
    expect(await outcomesOf(test.api, id)).toEqual([
      { position: 1, userId: guarded.id, outcome: 'refused', code: 'user.protected' },
      { position: 2, userId: 101, outcome: 'refused', code: 'suspension.self' },
    ]);
  });

  it('200: of a user who was erased it keeps that there was somebody', async () => {
    const [gone, later] = [await newUser(test.api, {}), await newUser(test.api, {})];
    const done = await newJob(test.api, [gone.id]);
    await runJobs(test.api);
    const queued = await newJob(test.api, [gone.id, later.id]);
    await test.api.services.database.transaction(async (tx) => {
      for (const statement of forgetOutcomesOf(gone.id)) await tx.execute(statement);
    });
    await runJobs(test.api);
    expect(await outcomesOf(test.api, done.id)).toEqual([{ position: 1, userId: null, outcome: 'changed' }]);
    expect(await outcomesOf(test.api, queued.id)).toEqual([
      { position: 1, userId: null, outcome: 'not_found' },
      { position: 2, userId: later.id, outcome: 'changed' },
    ]);
  });

  it('400: an id that is none (I8)', async () => {
    const { status, body } = await test.call('GET', `${JOBS}/17/outcomes`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/path/suspensionJobId' }] });
  });
});
