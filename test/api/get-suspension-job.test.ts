import { describeOperation } from './support/describe-operation';
import { change, newUser } from './support/fixtures';
import { getJob, type JobBody, JOBS, newJob, outcomesOf, runJobs } from './support/jobs';

const missing = { path: `${JOBS}/01a1fdda-0000-7000-8000-000000000000`, code: 'suspension_job.not_found' };
const path = async (api: Parameters<typeof newJob>[0]) => `${JOBS}/${(await newJob(api, [101])).id}`;

describeOperation('getSuspensionJob', { path, missing }, (test) => {
  it('200: how far it is, and the counts of what came of its users', async () => {
    const [fresh, blocked] = [await newUser(test.api, {}), await newUser(test.api, {})];
    await change(test.api, 'block', blocked.id);
    const { id } = await newJob(test.api, [fresh.id, 4_711, fresh.id, blocked.id]);
    await runJobs(test.api);
    expect(await getJob(test.api, id)).toMatchObject({
      state: 'done',
      total: 4,
      processed: 4,
      counts: { changed: 1, unchanged: 1, notFound: 1, duplicate: 1, refused: 0 },
      startedAt: expect.any(String) as string,
      finishedAt: expect.any(String) as string,
    });
    expect(await outcomesOf(test.api, id)).toEqual([
      { position: 1, userId: fresh.id, outcome: 'changed' },
      { position: 2, userId: 4_711, outcome: 'not_found' },
      { position: 3, userId: fresh.id, outcome: 'duplicate' },
      { position: 4, userId: blocked.id, outcome: 'unchanged' },
    ]);
  });

  it('200: an id in capitals is the same id (RFC 9562, section 4)', async () => {
    const { id } = await newJob(test.api, [101]);
    const { status, body } = await test.call('GET', `${JOBS}/${id.toUpperCase()}`);
    expect([status, (body as JobBody).id]).toEqual([200, id]);
  });

  it('400: an id that is none (I8)', async () => {
    const { status, body } = await test.call('GET', `${JOBS}/17`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/path/suspensionJobId' }] });
  });
});
