import { existsSync } from 'node:fs';
import { appendFile, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isActive } from '../api/support/fixtures';
import { toInteger } from '../../src/database/decode';
import { sql } from '../../src/database/sql';
import { waitFor } from '../support/processes';
import { startTestApi, type TestApi } from '../support/test-api';
import { type Cli, createCli, credentialsOf } from './support/cli';

interface Summary {
  created: number;
  exists: number;
  refused: number;
  resumedAfterLine: number;
  refusedFile: string | null;
}

// A test starts up to three processes, one after the other.
jest.setTimeout(120_000);

let api: TestApi;
let cli: Cli;

beforeAll(async () => {
  api = await startTestApi();
  cli = await createCli(credentialsOf(api, 'admin'));
});
afterAll(async () => {
  await cli.close();
  await api.close();
});

/** Writes a file of NDJSON; texts go in as they are. */
async function ndjson(name: string, lines: readonly unknown[]): Promise<string> {
  const file = join(cli.folder, name);
  const texts = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  await writeFile(file, `${texts.join('\n')}\n`);
  return file;
}

const refusedOf = async (file: string) =>
  (await readFile(`${file}.refused.ndjson`, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { line: number; code: string; detail?: string; input: unknown });

const journal = (file: string) => `${file}.portcullis-progress`;

const usersFrom = (first: number, length: number) =>
  Array.from({ length }, (_, index) => ({ id: first + index, uid: `u-${first + index}`, locale: 'en' }));

const countUsers = async (first: number, length: number) => {
  const { rows } = await api.services.database.query(
    sql`SELECT COUNT(*) AS number FROM users WHERE id >= ${first} AND id < ${first + length}`,
  );
  return toInteger(rows[0]?.number);
};

describe('import users', () => {
  it('goes on where it was killed, and makes each of 5,000 users exactly once', async () => {
    const [first, length] = [10_000, 5_000];
    const file = await ndjson('killed.ndjson', usersFrom(first, length));
    const child = cli.start('import', 'users', file, '--concurrency', '1');
    await waitFor(() => (existsSync(journal(file)) ? true : undefined), 'the first batch to be noted');
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    const made = await countUsers(first, length);
    expect(made).toBeGreaterThan(0);
    expect(made).toBeLessThan(length);

    const summary = await cli.json<Summary>('import', 'users', file);
    expect(summary.resumedAfterLine).toBeGreaterThan(0);
    expect(summary.created + summary.exists).toBe(length);
    expect(summary).toMatchObject({ refused: 0, refusedFile: null });
    expect(await countUsers(first, length)).toBe(length);
    const { rows } = await api.services.database.query(
      sql`SELECT COUNT(*) AS number FROM audit_records WHERE action = 'user.create'`,
    );
    expect(toInteger(rows[0]?.number)).toBe(length);
    expect([existsSync(journal(file)), existsSync(`${file}.refused.ndjson`)]).toEqual([false, false]);

    expect(await cli.json<Summary>('import', 'users', file)).toMatchObject({ created: 0, exists: length });
  });

  it('4: names each line that is refused, and takes the rest (I8)', async () => {
    const file = await ndjson('faulty.ndjson', [
      `\ufeff${JSON.stringify({ id: 201, uid: 'first', lastName: 'line\u2028separator' })}`,
      '{"id": 202,',
      '',
      '[1]',
      { email: 'nameless@example.com' },
      { id: 203, email: 'none' },
      { id: 204, extra: 1 },
      { id: 201, uid: 'other' },
      { id: 205 },
      'null',
    ]);
    const { code, stdout, stderr } = await cli.run('import', 'users', file);
    expect(code).toBe(4);
    expect(stdout).toContain('2 created, 0 there already, 7 refused.');
    expect(stdout).toContain(`${file}.refused.ndjson`);
    expect(stderr).toMatch(/10 lines/);
    expect(await refusedOf(file)).toMatchObject([
      { line: 2, code: 'import.line_invalid', detail: 'is not JSON', input: '{"id": 202,' },
      { line: 4, code: 'import.line_invalid', detail: 'is not a JSON object' },
      {
        line: 5,
        code: 'import.line_invalid',
        detail: expect.stringContaining('neither an id nor a uid') as string,
      },
      {
        line: 6,
        code: 'request.invalid',
        detail: expect.stringContaining('email') as string,
        input: { id: 203 },
      },
      { line: 7, code: 'request.invalid', detail: expect.stringContaining('extra') as string },
      { line: 8, code: 'user.id_taken', input: { id: 201, uid: 'other' } },
      { line: 10, code: 'import.line_invalid' },
    ]);
    expect((await stat(`${file}.refused.ndjson`)).mode & 0o777).toBe(0o600);
    const { body } = await api.call('GET', '/api/v1/users/201');
    expect(body).toMatchObject({ uid: 'first', lastName: 'line\u2028separator' });
  });

  it('more bad lines than one answer names, and more bytes than one call takes', async () => {
    const long = 'x'.repeat(100);
    const lines = usersFrom(30_000, 1_200).map((user, index) => ({
      ...user,
      email: index % 20 === 0 ? 'none' : `${'a'.repeat(280)}${index}@example.com`,
      firstName: '\u4e16'.repeat(100),
      lastName: '\u4e16'.repeat(100),
      uid: `${user.uid}${long.slice(user.uid.length)}`,
    }));
    const file = await ndjson('large.ndjson', lines);
    expect((await stat(file)).size).toBeGreaterThan(1_200_000);
    const { code, stdout } = await cli.run('import', 'users', file, '--json');
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({ created: 1_140, refused: 60 });
    expect((await refusedOf(file)).map(({ line }) => line)).toEqual(
      Array.from({ length: 60 }, (_, i) => i * 20 + 1),
    );
  });

  it('--strict stops at the first line that is refused, and the mended file takes the rest', async () => {
    const users = usersFrom(40_000, 2_500);
    const file = await ndjson('strict.ndjson', [...users.slice(0, 1_500), '{', ...users.slice(1_500)]);
    const { code, stderr } = await cli.run(
      'import',
      'users',
      file,
      '--strict',
      '--concurrency',
      '1',
      '--quiet',
    );
    expect(code).toBe(4);
    expect(stderr).toMatch(/^portcullis: Line 1501 is refused: is not JSON/);
    await writeFile(file, users.map((user) => JSON.stringify(user)).join('\n'));
    const summary = await cli.json<Summary>('import', 'users', file, '--strict');
    expect(summary.created + summary.exists).toBe(2_500);
    expect(summary.exists).toBeGreaterThan(0);
  });

  it('2: what was noted for another file or another service does not count', async () => {
    const file = await ndjson('changed.ndjson', usersFrom(50_000, 3_000));
    const child = cli.start('import', 'users', file, '--concurrency', '1');
    await waitFor(() => (existsSync(journal(file)) ? true : undefined), 'the first batch to be noted');
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    await appendFile(file, '{"id": 99}\n');
    const { code, stderr } = await cli.run('import', 'users', file);
    expect([code, stderr]).toEqual([2, expect.stringContaining('belongs to another import')]);
  });

  it('3: a file that is not there; 2: a number of batches that is none', async () => {
    expect((await cli.run('import', 'users', join(cli.folder, 'none.ndjson'))).code).toBe(3);
    expect((await cli.run('import', 'users', 'x', '--concurrency', '0')).code).toBe(2);
  });
});

describe('import sessions', () => {
  it('takes sessions over by the rules of a sign-in', async () => {
    await cli.json('import', 'users', await ndjson('owners.ndjson', [{ id: 301 }, { id: 302 }]));
    await cli.json('block', '302');
    const session = { clientId: 'web', expiresAt: '2099-12-31T23:59:59Z' };
    const file = await ndjson('sessions.ndjson', [
      { ...session, sessionId: 'import-1', userId: 301 },
      { ...session, sessionId: 'import-2', userId: 302 },
      { ...session, sessionId: 'import-3', userId: 303 },
      { ...session, sessionId: 'import-4', userId: 301, expiresAt: '2026-02-30T00:00:00Z' },
    ]);
    const { code, stdout } = await cli.run('import', 'sessions', file, '--json');
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({ created: 1, exists: 0, refused: 3 });
    expect((await refusedOf(file)).map(({ line, code: why }) => [line, why])).toEqual([
      [2, 'user.suspended'],
      [3, 'user.not_found'],
      [4, 'request.invalid'],
    ]);
    expect(await isActive(api, 'import-1')).toBe(true);
  });
});

describe('export', () => {
  it('writes every user to stdout or to a file for its owner alone', async () => {
    const { code, stdout } = await cli.run('export', '--quiet');
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    const ids = lines.map((line) => (JSON.parse(line) as { id: number }).id);
    const total = await countUsers(0, 2 ** 40);
    expect([ids.length, new Set(ids).size]).toEqual([total, total]);
    const file = join(cli.folder, 'users.ndjson');
    expect(await cli.json('export', file)).toEqual({ file, users: total });
    expect(await readFile(file, 'utf8')).toBe(stdout);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('writes suspensions', async () => {
    const { stdout } = await cli.run('export', '--suspensions');
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { userId: number }).userId),
    ).toEqual([302]);
  });
});

describe('restore-fence', () => {
  it('ends the access of everybody, and asks before it does', async () => {
    const unasked = await cli.run('restore-fence');
    expect([unasked.code, unasked.stderr]).toEqual([2, 'portcullis: Nothing was done: say --yes.\n']);
    expect(await isActive(api, 'import-1')).toBe(true);
    const total = await countUsers(0, 2 ** 40);
    expect(await cli.json('restore-fence', '--yes')).toEqual({ raised: total });
    expect(await isActive(api, 'import-1')).toBe(false);
    const { rows } = await api.services.database.query(
      sql`SELECT COUNT(*) AS number FROM users WHERE access_epoch <= 1048576`,
    );
    expect(toInteger(rows[0]?.number)).toBe(0);
  });
});
