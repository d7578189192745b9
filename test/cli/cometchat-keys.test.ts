import type { components } from '../../src/dialects/cometchat-keys/contract.generated';
import { startTestApi, type TestApi } from '../support/test-api';
import { type Cli, createCli, credentialsOf } from './support/cli';

let api: TestApi;
let cli: Cli;

beforeAll(async () => {
  api = await startTestApi({ DIALECTS: 'cometchat' });
  cli = await createCli(credentialsOf(api, 'admin'));
});
afterAll(async () => {
  await cli.close();
  await api.close();
});

it('cometchat-keys: makes one, which works, shows it without the key, and revokes it', async () => {
  expect((await cli.run('cometchat-keys', 'list')).stdout).toContain('There is no key.');
  const created = await cli.json<components['schemas']['ApiKeyWithSecret']>(
    'cometchat-keys',
    'create',
    'The shop',
    '--may-erase',
  );
  expect(created).toMatchObject({ name: 'The shop', access: 'full', mayErase: true });
  const { id, key: apikey = '' } = created;
  const status = async () => (await fetch(`${api.url}/v3/users`, { headers: { apikey } })).status;
  expect(await status()).toBe(200);
  const listed = (await cli.run('cometchat-keys', 'list')).stdout;
  expect(listed).toMatch(new RegExp(`${id} +The shop +full, erases`));
  expect(listed).not.toContain(apikey);
  expect((await cli.run('cometchat-keys', 'revoke', id)).code).toBe(0);
  expect(await status()).toBe(401);
  expect((await cli.run('cometchat-keys', 'create', 'x', '--access', 'read')).stdout).toMatch(
    /key +[0-9a-f]{64}\n/,
  );
  expect((await cli.run('cometchat-keys', 'create', 'x', '--access', 'some')).code).not.toBe(0);
});
