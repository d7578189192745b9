import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Platform, startPlatform, type TestApiProcess } from '../support/processes';
import { type Cli, createCli, credentialsOf } from './support/cli';

interface Job {
  id: string;
  state: string;
  counts: Record<string, number>;
}

let platform: Platform;
let api: TestApiProcess;
let cli: Cli;

beforeAll(async () => {
  platform = await startPlatform();
  [api] = await Promise.all([platform.startApi(), platform.startWorker()]);
  cli = await createCli(credentialsOf({ url: api.url, issuer: platform.issuer }, 'admin'));
  const users = Array.from({ length: 1_500 }, (_, index) => ({ id: index + 1 }));
  for (const part of [users.slice(0, 1_000), users.slice(1_000)]) {
    await api.call('POST', '/api/v1/users/batch', { body: { users: part } });
  }
}, 120_000);
afterAll(async () => {
  await cli.close();
  await platform.close();
});

async function idFile(name: string, lines: readonly unknown[]): Promise<string> {
  const file = join(cli.folder, name);
  await writeFile(file, `${lines.join('\n')}\n`);
  return file;
}

const statusOf = async (id: number) =>
  ((await api.call('GET', `/api/v1/users/${id}`)).body as { status: string }).status;

const oneTo = (length: number) => Array.from({ length }, (_, index) => index + 1);

describe('batch', () => {
  it('says what would happen, does it a thousand a call, and takes it back', async () => {
    const file = await idFile('ids.txt', ['# everybody', ...oneTo(1_500), '']);
    const dry = await cli.run('batch', 'block', file, '--reason', 'Leaked', '--dry-run');
    expect([dry.code, dry.stdout]).toEqual([0, 'Nothing was done; it would be: 1,500 changed.\n']);
    expect(await statusOf(1_500)).toBe('active');
    const blocked = await cli.run('batch', 'block', file, '--reason', 'Leaked', '--on-behalf-of', '9001');
    expect([blocked.code, blocked.stdout]).toEqual([0, '1,500 changed.\n']);
    expect(blocked.stderr).toContain('100 %  1,500 users');
    expect(await statusOf(1_500)).toBe('suspended');
    const { items } = await cli.json<{ items: object[] }>('batch', 'unblock', file);
    expect(items).toHaveLength(1_500);
    expect(await statusOf(1)).toBe('active');
  });

  it('4: names those who were not done; 2: names the line that holds no id, and does nothing', async () => {
    const run = await cli.runWith('1\n99999\n1\n', 'batch', 'block', '-');
    expect(run.code).toBe(4);
    expect(run.stdout).toMatch(
      /^USER +OUTCOME +CODE\n99999 +not_found +-\n\n1 changed, 1 not found, 1 duplicate\.\n$/,
    );
    await cli.runWith('1', 'batch', 'unblock', '-');
    const faulty = await cli.runWith('1\nada\n', 'batch', 'block', '-');
    expect([faulty.code, faulty.stderr]).toEqual([2, expect.stringContaining('Line 2: "ada" is no user id')]);
    expect(await statusOf(1)).toBe('active');
  });
});

describe('job', () => {
  it('is watched to its end, tells what became of each, and is undone', async () => {
    const file = await idFile('ids.ndjson', [...oneTo(700), 99_999]);
    const started = await cli.run(
      'job',
      'start',
      'block',
      file,
      '--category',
      'security',
      '--watch',
      '--json',
    );
    expect(started.code).toBe(4);
    const job = JSON.parse(started.stdout) as Job;
    expect(job).toMatchObject({ state: 'done', counts: { changed: 700, notFound: 1 } });
    expect(await statusOf(700)).toBe('suspended');

    const outcomes = join(cli.folder, 'outcomes.ndjson');
    expect((await cli.run('job', 'outcomes', job.id, outcomes)).code).toBe(0);
    expect((await readFile(outcomes, 'utf8')).trimEnd().split('\n')).toHaveLength(701);

    const undo = await cli.json<Job>('job', 'undo', job.id);
    const watched = await cli.run('job', 'watch', undo.id);
    expect(watched.code).toBe(0);
    expect(watched.stdout).toMatch(/state +done\nusers +700\nchanged +700\n/);

    const { stdout: jobs } = await cli.run('job', 'list');
    expect(jobs).toMatch(/^JOB +CREATED +BY +ACTION +STATE +USERS +DONE\n/);
    const [, newest, before] = jobs.trimEnd().split('\n');
    expect(newest).toMatch(new RegExp(`^${undo.id} .* admin +undo +done +700 +700$`));
    expect(before).toMatch(new RegExp(`^${job.id} .* admin +block +done +701 +701$`));
    expect(await statusOf(700)).toBe('active');
  });

  it('takes CSV; 3: a job that is none; 2: a line that is none, by its number', async () => {
    const csv = await idFile('ids.csv', ['\ufeffuserId,name', '1,Ada']);
    const { id, state } = await cli.json<Job>('job', 'start', 'block', csv, '--watch');
    expect(state).toBe('done');
    expect(await statusOf(1)).toBe('suspended');
    expect((await cli.json<Job>('job', 'status', id)).counts).toMatchObject({ changed: 1 });
    const unknown = await cli.run('job', 'cancel', '01a1fdda-889f-71ae-b8f9-ea0d6e52af4d');
    expect(unknown.code).toBe(3);
    const faulty = await cli.run('job', 'start', 'block', await idFile('faulty.ndjson', ['1', 'ada']));
    expect([faulty.code, faulty.stderr]).toEqual([2, expect.stringContaining('/body/line/2')]);
  });
});
