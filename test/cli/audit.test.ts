import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sealRecords } from '../../src/audit/seal-records';
import { sql } from '../../src/database/sql';
import { newUser } from '../api/support/fixtures';
import { startTestApi, type TestApi } from '../support/test-api';
import { type Cli, createCli, credentialsOf } from './support/cli';

let api: TestApi;
let cli: Cli;

beforeAll(async () => {
  api = await startTestApi();
  cli = await createCli(credentialsOf(api, 'admin'));
  for (const uid of ['ada', 'bob', 'eve']) await newUser(api, { uid });
  await sealRecords(api.services.database, api.services.keyring);
});
afterAll(async () => {
  await cli.close();
  await api.close();
});

it('audit: exports the trail, verifies it against a head that was kept, and names what somebody has changed', async () => {
  const head = await cli.run('audit', 'head');
  const kept = join(cli.folder, 'head.json');
  await writeFile(kept, head.stdout);
  expect(await cli.json('audit', 'verify', '--head', kept)).toEqual({ verifiedTo: 3, broken: null });
  expect((await cli.run('audit', 'verify')).stdout).toBe('The audit trail is whole: 3 records.\n');

  const { stdout: exported } = await cli.run('audit', 'export');
  const records = exported.trimEnd().split('\n');
  expect(records.map((line) => (JSON.parse(line) as { record: object }).record)).toMatchObject([
    { action: 'user.create', position: 1 },
    { action: 'user.create', position: 2 },
    { action: 'user.create', position: 3 },
  ]);

  await api.services.database.query(sql`UPDATE audit_records SET actor = 'mallory' WHERE position = 2`);
  const { code, stdout } = await cli.run('audit', 'verify');
  expect([code, stdout]).toEqual([
    7,
    expect.stringMatching(/^The audit trail is broken at position 2, record /),
  ]);
});

it('audit: 2: a head that is none', async () => {
  const file = join(cli.folder, 'none.json');
  await writeFile(file, '{}');
  expect((await cli.run('audit', 'verify', '--head', file)).code).toBe(2);
  expect((await cli.run('audit', 'verify', '--after', '-1')).code).toBe(2);
});
