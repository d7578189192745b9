import { describeOperation } from './support/describe-operation';
import { change, getUser, newUser } from './support/fixtures';
import { getJob, JOBS, type JobBody, newJob, outcomesOf, runJobs } from './support/jobs';

const missing = {
  path: `${JOBS}/01a1fdda-0000-7000-8000-000000000000/undo`,
  code: 'suspension_job.not_found',
};

async function path(api: Parameters<typeof newJob>[0]): Promise<string> {
  const { id } = await newJob(api, [101]);
  await runJobs(api);
  return `${JOBS}/${id}/undo`;
}

describeOperation('undoSuspensionJob', { path, missing }, (test) => {
  const undo = (id: string, body?: object) => test.call('POST', `${JOBS}/${id}/undo`, { body });
  const stateOf = async (userId: number) => {
    const { isSuspended, accessEpoch, suspension } = await getUser(test.api, userId);
    return [isSuspended, accessEpoch, suspension?.reason ?? null];
  };

  it('202: unblocks exactly those whom the job has blocked', async () => {
    const [fresh, before, since, letGo, sameSince] = [
      await newUser(test.api, {}),
      await newUser(test.api, {}),
      await newUser(test.api, {}),
      await newUser(test.api, {}),
      await newUser(test.api, {}),
    ];
    await change(test.api, 'block', before.id, { body: { suspensionReason: 'Before' } });
    const { id } = await newJob(
      test.api,
      [before.id, fresh.id, 4_711, since.id, letGo.id, sameSince.id, fresh.id],
      { action: 'block', suspensionReason: 'Job' },
    );
    await runJobs(test.api);
    await change(test.api, 'block', since.id, { body: { suspensionReason: 'Since' } });
    await change(test.api, 'unblock', letGo.id);
    await change(test.api, 'block', sameSince.id, { body: { suspensionReason: 'Job' } });

    const { status, headers, body } = await undo(id, { triggerWebhook: true, unblockedByUserId: 9001 });
    expect(status).toBe(202);
    const job = body as JobBody;
    expect(job).toMatchObject({
      action: 'unblock',
      state: 'queued',
      undoOf: id,
      total: 4,
      processed: 0,
      triggerWebhook: true,
      onBehalfOfUserId: 9001,
    });
    expect(headers.get('location')).toBe(`${JOBS}/${job.id}`);
    await runJobs(test.api);

    // Who was blocked before stays blocked, with the reason of the later block.
    expect(await stateOf(before.id)).toEqual([true, 3, 'Job']);
    expect(await stateOf(fresh.id)).toEqual([false, 3, null]);
    // Those whose suspension is another by now are left alone, access and all.
    expect(await stateOf(since.id)).toEqual([true, 3, 'Since']);
    expect(await stateOf(letGo.id)).toEqual([false, 3, null]);
    // A repeat of the same block has left the job's suspension open.
    expect(await stateOf(sameSince.id)).toEqual([false, 4, null]);
    expect(await outcomesOf(test.api, job.id)).toEqual([
      { position: 2, userId: fresh.id, outcome: 'changed' },
      { position: 4, userId: since.id, outcome: 'unchanged' },
      { position: 5, userId: letGo.id, outcome: 'unchanged' },
      { position: 6, userId: sameSince.id, outcome: 'changed' },
    ]);
    expect(await getJob(test.api, job.id)).toMatchObject({
      state: 'done',
      processed: 4,
      counts: { changed: 2, unchanged: 2 },
    });
  });

  it('202: undoing twice changes nobody a second time', async () => {
    const user = await newUser(test.api, {});
    const { id } = await newJob(test.api, [user.id]);
    await runJobs(test.api);
    await undo(id);
    await runJobs(test.api);
    await change(test.api, 'block', user.id);
    const { body } = await undo(id);
    await runJobs(test.api);
    expect(await outcomesOf(test.api, (body as JobBody).id)).toMatchObject([{ outcome: 'unchanged' }]);
    expect(await stateOf(user.id)).toEqual([true, 4, null]);
  });

  it('202: what a cancelled job has done', async () => {
    const { id } = await newJob(test.api, [101]);
    await test.api.call('POST', `${JOBS}/${id}/cancel`);
    expect((await undo(id)).body).toMatchObject({ total: 0 });
    await runJobs(test.api);
  });

  it('409: a job that is not done, and one that does not block', async () => {
    const { id } = await newJob(test.api, [101]);
    const early = await undo(id);
    expect([early.status, (early.body as { code: string }).code]).toEqual([
      409,
      'suspension_job.not_finished',
    ]);
    const unblock = await newJob(test.api, [101], { action: 'unblock' });
    await runJobs(test.api);
    const other = await undo(unblock.id);
    expect([other.status, (other.body as { code: string }).code]).toEqual([
      409,
      'suspension_job.not_undoable',
    ]);
  });

  it('400: an option of a block (I8)', async () => {
    const { id } = await newJob(test.api, [101]);
    const { status, body } = await undo(id, { suspensionReason: 'x' });
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/body/suspensionReason' }] });
  });
});
