import pino from 'pino';
import { toInteger, toText } from '../../src/database/decode';
import { commaSeparated, sql } from '../../src/database/sql';
import { newUuid, Uuid } from '../../src/database/uuid';
import { claimJob, releaseJob } from '../../src/suspension/batch/claim-job';
import { runChunk } from '../../src/suspension/batch/run-chunk';
import { startSuspensionJobs } from '../../src/suspension/batch/run-suspension-jobs';
import { forgetOutcomesOf, selectJob } from '../../src/suspension/batch/suspension-job-queries';
import { getUser, newUser } from '../api/support/fixtures';
import { getJob, newJob, outcomesOf, runJobs, workerOutbox } from '../api/support/jobs';
import { untilWaiting, whileHeld } from '../invariants/support/held-rows';
import { waitFor } from '../support/processes';
import { startTestApi, type TestApi } from '../support/test-api';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ LOG_LEVEL: 'silent' });
});
afterEach(async () => {
  api.clock.shiftMs = 0;
  await runJobs(api);
});
afterAll(() => api.close());

describe('a job that two workers want', () => {
  it('is one worker’s, until its lease has run out; then the first changes nobody any more', async () => {
    const { database } = api.services;
    const user = await newUser(api, {});
    const { id } = await newJob(api, [user.id]);
    const [first, second] = [newUuid(), newUuid()];
    const held = await claimJob(database, first);
    expect(held).toEqual({ id, holder: first });
    expect(await claimJob(database, second)).toBeNull();
    // Its own worker takes it up again, after a chunk that failed.
    expect(await claimJob(database, first)).toEqual(held);

    api.clock.shiftMs = 20_000;
    expect(await claimJob(database, second)).toEqual({ id, holder: second });
    const outbox = workerOutbox(api);
    expect(await runChunk(database, outbox, { id, holder: first }, 'wait')).toBe('lost');
    expect(await getUser(api, user.id)).toMatchObject({ isSuspended: false });
    expect(await runChunk(database, outbox, { id, holder: second }, 'wait')).toBe('more');
    expect(await runChunk(database, outbox, { id, holder: second }, 'wait')).toBe('done');
    expect(await getUser(api, user.id)).toMatchObject({ isSuspended: true, accessEpoch: 2 });
  });

  it('is free at once where its worker lets go of it', async () => {
    const { database } = api.services;
    const { id } = await newJob(api, [101]);
    const [first, second] = [newUuid(), newUuid()];
    await claimJob(database, first);
    await releaseJob(database, first);
    expect(await claimJob(database, second)).toEqual({ id, holder: second });
    await releaseJob(database, second);
  });

  it('does nobody twice, whichever of them runs a chunk when', async () => {
    const { database } = api.services;
    const users = [];
    for (let made = 0; made < 5; made++) users.push((await newUser(api, {})).id);
    const { id } = await newJob(api, users);
    const outbox = workerOutbox(api);
    const holder = newUuid();
    await claimJob(database, holder);
    const ends = await Promise.all(
      Array.from({ length: 6 }, () => runChunk(database, outbox, { id, holder }, 'wait')),
    );
    expect(new Set(ends)).toEqual(new Set(['more', 'done', 'lost']));
    const { rows } = await database.query(sql`SELECT user_id, COUNT(*) AS amount FROM suspensions
      WHERE user_id IN (${commaSeparated(users)}) GROUP BY user_id`);
    expect(rows.map(({ amount }) => toInteger(amount))).toEqual([1, 1, 1, 1, 1]);
    for (const user of users) expect(await getUser(api, user)).toMatchObject({ accessEpoch: 2 });
  });
});

describe('a chunk', () => {
  it('leaves out whom somebody else holds, and waits for her in the next', async () => {
    const { database } = api.services;
    const [free, held, after] = [await newUser(api, {}), await newUser(api, {}), await newUser(api, {})];
    const { id } = await newJob(api, [free.id, held.id, after.id, 4_711]);
    const holder = newUuid();
    await claimJob(database, holder);
    const outbox = workerOutbox(api);
    const row = sql`SELECT id FROM users WHERE id = ${held.id} FOR UPDATE`;
    await whileHeld(database, [row], async () => {
      expect(await runChunk(database, outbox, { id, holder }, 'free')).toBe('left');
      expect((await outcomesOf(api, id)).map(({ userId }) => userId)).toEqual([free.id, after.id]);
    });
    expect(await runChunk(database, outbox, { id, holder }, 'wait')).toBe('more');
    expect((await outcomesOf(api, id)).map(({ outcome }) => outcome)).toEqual([
      'changed',
      'changed',
      'changed',
      'not_found',
    ]);
    expect(await getUser(api, free.id)).toMatchObject({ accessEpoch: 2 });
  });

  it('records who made the job as the actor of each change, and the job as its source', async () => {
    const user = await newUser(api, {});
    await newJob(api, [user.id], {
      action: 'block',
      suspensionReason: 'Fraud ring',
      reasonForUser: 'Unusual payments',
      category: 'fraud',
    });
    await runJobs(api);
    expect((await getUser(api, user.id)).suspension).toMatchObject({
      actor: 'admin',
      source: 'job',
      reason: 'Fraud ring',
      reasonForUser: 'Unusual payments',
      category: 'fraud',
    });
    const { rows } = await api.services.database.query(
      sql`SELECT client_id, request_id FROM audit_records WHERE target = ${`user:${user.id}`} AND action = 'user.block'`,
    );
    expect(rows).toMatchObject([{ client_id: 'admin', request_id: expect.any(String) as string }]);
  });

  it('runs a job that the version before made, which knew no reason for the user', async () => {
    const user = await newUser(api, {});
    const { id } = await newJob(api, [user.id], { action: 'block', suspensionReason: 'Fraud ring' });
    const { rows } = await api.services.database.query(selectJob(id));
    const { reasonForUser: _, ...former } = JSON.parse(toText(rows[0]?.options)) as Record<string, unknown>;
    await api.services.database.query(
      sql`UPDATE suspension_jobs SET options = ${JSON.stringify(former)} WHERE id = ${new Uuid(id)}`,
    );
    await runJobs(api);
    expect((await getUser(api, user.id)).suspension).toMatchObject({
      reason: 'Fraud ring',
      reasonForUser: null,
    });
    expect(await getJob(api, id)).toMatchObject({ state: 'done', reasonForUser: null });
  });

  it('refuses those whose turn comes after the until has passed, and nobody is blocked too late', async () => {
    const user = await newUser(api, {});
    const blockedUntil = new Date(Date.now() + 3_600_000).toISOString();
    const { id } = await newJob(api, [user.id], { action: 'block', blockedUntil });
    api.clock.shiftMs = 7_200_000;
    await runJobs(api);
    expect(await outcomesOf(api, id)).toMatchObject([{ outcome: 'refused', code: 'suspension.until_past' }]);
    expect(await getJob(api, id)).toMatchObject({ state: 'done', counts: { refused: 1 } });
  });
});

describe('a user who is erased while a chunk waits for her', () => {
  const eraseRows = (userId: number) => [
    sql`SELECT id FROM users WHERE id = ${userId} FOR UPDATE`,
    ...forgetOutcomesOf(userId),
    sql`DELETE FROM users WHERE id = ${userId}`,
  ];

  it.each(['a job', 'an undo'])('I7: her id does not come back with the outcome of %s', async (kind) => {
    const { database } = api.services;
    const eve = await newUser(api, {});
    let { id } = await newJob(api, [eve.id, 4_711]);
    if (kind === 'an undo') {
      await runJobs(api);
      const answer = await api.call('POST', `/api/v1/suspension-jobs/${id}/undo`, { body: {} });
      ({ id } = answer.body);
    }
    const holder = newUuid();
    await claimJob(database, holder);
    const outbox = workerOutbox(api);
    await whileHeld(database, eraseRows(eve.id), async (release) => {
      const chunk = runChunk(database, outbox, { id, holder }, 'wait');
      await untilWaiting(database, (waiting) => waiting === 1);
      await release();
      expect(await chunk).toBe('more');
    });
    const stranger = { position: 2, userId: 4_711, outcome: 'not_found' };
    expect(await outcomesOf(api, id)).toEqual([
      { position: 1, userId: null, outcome: 'not_found' },
      ...(kind === 'an undo' ? [] : [stranger]),
    ]);
  });
});

describe('a job whose chunks fail', () => {
  it('stands back, so that the others are run, and is named in the log without what it holds', async () => {
    const { database } = api.services;
    const broken = await Promise.all([newJob(api, [101]), newJob(api, [102])]);
    for (const { id } of broken) {
      await database.query(
        sql`UPDATE suspension_jobs SET options = ${'{"reason":"Fraud ring'} WHERE id = ${new Uuid(id)}`,
      );
    }
    const user = await newUser(api, {});
    const good = await newJob(api, [user.id]);
    const lines: string[] = [];
    const log = pino({}, { write: (line) => lines.push(line) });
    const jobs = startSuspensionJobs({ database, outbox: workerOutbox(api), log });
    try {
      const isDone = async () => ((await getJob(api, good.id)).state === 'done' ? true : undefined);
      await waitFor(isDone, 'the good job', 10_000);
    } finally {
      await jobs.stop();
    }
    const failures = lines.filter((line) => line.includes('stands back'));
    // Each once: nobody tries again before its time.
    const ids = failures.map((line) => (JSON.parse(line) as { jobId: string }).jobId);
    expect(ids.sort()).toEqual(broken.map(({ id }) => id).sort());
    expect(lines.join()).not.toContain('Fraud');
    const removed = await database.query(sql`DELETE FROM suspension_jobs WHERE state = 'running'
      AND id IN (${commaSeparated(broken.map(({ id }) => new Uuid(id)))})`);
    expect(removed.affected).toBe(2);
  });
});
