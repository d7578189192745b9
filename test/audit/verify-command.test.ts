import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sealRecords } from '../../src/audit/seal-records';
import { sql } from '../../src/database/sql';
import { change, newUser } from '../api/support/fixtures';
import { processEnvironment, startTestApi, type TestApi } from '../support/test-api';

let api: TestApi;
let folder: string;
beforeAll(async () => {
  [api, folder] = await Promise.all([startTestApi(), mkdtemp(join(tmpdir(), 'portcullis-audit-'))]);
  await newUser(api, { id: 101 });
  for (let count = 0; count < 3; count++) await change(api, 'block', 101);
  await seal();
});
afterAll(async () => {
  await api.close();
  await rm(folder, { recursive: true, force: true });
});

const seal = () => sealRecords(api.services.database, api.services.keyring);

/** Runs the command as an operator does. */
const verify = (...args: string[]) =>
  new Promise<{ code: number; output: string }>((resolve) => {
    const { DATABASE_URL, ENCRYPTION_KEYS, AUDIT_KEY } = processEnvironment(api.database.url, api.issuer);
    const env = { PATH: process.env.PATH, DATABASE_URL, ENCRYPTION_KEYS, AUDIT_KEY };
    const command = ['--import', 'tsx', join(__dirname, '../../src/audit/verify.ts'), ...args];
    execFile(process.execPath, command, { env, cwd: join(__dirname, '../..') }, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), output: `${stdout}${stderr}` });
    });
  });

describe('npm run audit:verify', () => {
  it('says that a whole chain holds, names the first broken record, and notices a cut by an exported head', async () => {
    const head = join(folder, 'head.json');
    const { body } = await api.call('GET', '/api/v1/audit-records/head');
    await writeFile(head, JSON.stringify(body));
    expect(await verify('--head', head)).toEqual({ code: 0, output: 'The chain holds, up to position 4.\n' });

    const { rows } = await api.services.database.query(
      sql`SELECT chain_hash FROM audit_records WHERE position = 3`,
    );
    await api.services.database.query(sql`DELETE FROM audit_records WHERE position = 4`);
    await api.services.database.query(
      sql`UPDATE audit_head SET position = 3, chain_hash = ${String(rows[0]?.chain_hash)}`,
    );
    expect((await verify()).code).toBe(0);
    const cut = await verify('--head', head);
    expect([cut.code, cut.output]).toEqual([1, expect.stringContaining('broken at position 4')]);

    await api.services.database.query(sql`UPDATE audit_records SET target = 'user:7' WHERE position = 2`);
    const altered = await verify();
    expect(altered.code).toBe(1);
    expect(altered.output).toMatch(
      /^The chain is broken at position 2, record [0-9a-f-]{36}: it does not say/,
    );
  });

  it('says in words what it was not given', async () => {
    const missing = await verify('--head', join(folder, 'none'));
    expect([missing.code, missing.output]).toEqual([2, expect.stringContaining('ENOENT')]);
  });
});
