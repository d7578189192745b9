import { newUser } from '../api/support/fixtures';
import { startTestApi, type TestApi } from '../support/test-api';
import { type Cli, createCli, credentialsOf } from './support/cli';

let api: TestApi;
let cli: Cli;

beforeAll(async () => {
  api = await startTestApi({ BLOCK_LIST_MAX: '2' });
  cli = await createCli(credentialsOf(api, 'admin'));
  for (const id of [101, 102, 103, 104]) await newUser(api, { id, uid: `uid-${id}` });
});
afterAll(async () => {
  await cli.close();
  await api.close();
});

it('block-list: adds, shows, checks and removes; exit code 4 where one was refused', async () => {
  expect((await cli.run('block-list', 'list', '101')).stdout).toContain('She has blocked nobody.');
  expect(await cli.json('block-list', 'add', '101', '102', '102')).toEqual([
    { userId: 102, outcome: 'added' },
  ]);
  const added = await cli.run('block-list', 'add', '101', '102', '101', '999', '103', '104');
  expect(added.code).toBe(4);
  expect(added.stdout).toMatch(
    /102 +there already\n101 +refused: nobody.*\n999 +refused: there is no.*\n103 +added\n104 +refused/,
  );
  expect((await cli.run('block-list', 'list', '101')).stdout).toMatch(/103 +uid-103 .*\n102 +uid-102 /);
  expect((await cli.run('block-list', 'check', '102', '101')).stdout).toBe(
    '102 has not blocked 101.\n101 has blocked 102.\n',
  );
  expect((await cli.run('block-list', 'remove', '101', '102')).code).toBe(0);
  expect((await cli.run('block-list', 'remove', '101', '102')).code).toBe(3);
});

it('block-list: what is no id is refused before anything is sent', async () => {
  const { code, stderr } = await cli.run('block-list', 'add', '101', 'uid-102');
  expect([code, stderr]).toEqual([2, expect.stringContaining('"uid-102" is no user id')]);
});
