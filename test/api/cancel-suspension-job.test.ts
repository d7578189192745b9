import { newUuid } from '../../src/database/uuid';
import { claimJob } from '../../src/suspension/batch/claim-job';
import { runChunk } from '../../src/suspension/batch/run-chunk';
import { describeOperation } from './support/describe-operation';
import { clientToken, getUser, newUser } from './support/fixtures';
import { getJob, JOBS, newJob, outcomesOf, runJobs, workerOutbox } from './support/jobs';
import { snapshotOf } from './support/tables';

const missing = {
  path: `${JOBS}/01a1fdda-0000-7000-8000-000000000000/cancel`,
  code: 'suspension_job.not_found',
};
const path = async (api: Parameters<typeof newJob>[0]) => `${JOBS}/${(await newJob(api, [101])).id}/cancel`;

describeOperation('cancelSuspensionJob', { path, missing }, (test) => {
  const cancel = (id: string, token?: string) => test.call('POST', `${JOBS}/${id}/cancel`, { token });

  it('200: a job that has not begun changes nobody; a repeat is safe', async () => {
    const user = await newUser(test.api, {});
    const { id } = await newJob(test.api, [user.id]);
    const { status, body } = await cancel(id);
    expect(status).toBe(200);
    expect(body).toMatchObject({ id, state: 'cancelled', finishedAt: expect.any(String) as string });
    const before = await snapshotOf(test.api.services.database);
    expect((await cancel(id)).body).toEqual(body);
    expect(await snapshotOf(test.api.services.database)).toEqual(before);
    await runJobs(test.api);
    expect(await getUser(test.api, user.id)).toMatchObject({ isSuspended: false });
  });

  it('200: a job that runs stops between two chunks, and keeps what it has done', async () => {
    const { database } = test.api.services;
    // More than a chunk, of whom the last exists.
    const last = await newUser(test.api, {});
    const { id } = await newJob(test.api, [
      ...Array.from({ length: 250 }, (_, index) => 800_000 + index),
      last.id,
    ]);
    await runJobsBut(id);
    const job = await claimJob(database, newUuid());
    if (job?.id !== id) throw new Error('another job is left over');
    const outbox = workerOutbox(test.api);
    expect(await runChunk(database, outbox, job, 'wait')).toBe('more');
    expect((await cancel(id)).status).toBe(200);
    expect(await runChunk(database, outbox, job, 'wait')).toBe('lost');
    expect(await getJob(test.api, id)).toMatchObject({ state: 'cancelled', processed: 200 });
    expect(await outcomesOf(test.api, id)).toHaveLength(200);
    expect(await getUser(test.api, last.id)).toMatchObject({ isSuspended: false });
  });

  /** Jobs that other tests have left. */
  async function runJobsBut(id: string): Promise<void> {
    const { body } = await test.api.call('GET', `${JOBS}?limit=200`);
    for (const job of (body as { items: { id: string; finishedAt: string | null }[] }).items)
      if (job.id !== id && job.finishedAt === null) await cancel(job.id);
  }

  it('403: asks for the scope of the job’s action', async () => {
    const { id } = await newJob(test.api, [101]);
    const { status, headers } = await cancel(id, await clientToken(test.api, 'users:unblock'));
    expect(status).toBe(403);
    expect(headers.get('www-authenticate')).toContain('scope="users:block"');
    expect((await cancel(id, await clientToken(test.api, 'users:block'))).status).toBe(200);
  });

  it('409: a job that is done', async () => {
    const { id } = await newJob(test.api, [101]);
    await runJobs(test.api);
    const { status, body } = await cancel(id);
    expect([status, (body as { code: string }).code]).toEqual([409, 'suspension_job.finished']);
  });

  it('400: an id that is none (I8)', async () => {
    const { status, body } = await test.call('POST', `${JOBS}/17/cancel`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/path/suspensionJobId' }] });
  });
});
