import type { components } from '../../src/http/contract.generated';
import { startTestApi, type TestApi } from '../support/test-api';
import { type Cli, createCli, credentialsOf } from './support/cli';

type LogoutClient = components['schemas']['LogoutClient'];

const URL = 'http://127.0.0.1:9/logout';

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

it('logout-clients: registers one, changes it, shows it and removes it', async () => {
  const options = ['--session-required', '--description', 'The shop'];
  const created = await cli.json<LogoutClient>('logout-clients', 'create', 'shop', URL, ...options);
  expect(created).toMatchObject({
    clientId: 'shop',
    logoutUri: URL,
    sessionRequired: true,
    enabled: true,
    description: 'The shop',
  });
  const { id } = created;
  const moved = ['--logout-uri', `${URL}/moved`, '--no-session-required', '--no-enabled'];
  expect(await cli.json('logout-clients', 'update', id, ...moved)).toMatchObject({
    logoutUri: `${URL}/moved`,
    sessionRequired: false,
    enabled: false,
    description: 'The shop',
  });
  expect((await cli.run('logout-clients', 'list')).stdout).toMatch(new RegExp(`${id} +shop .*disabled`));
  expect((await cli.run('logout-clients', 'show', id)).stdout).toMatch(/told by +sub\n/);
  expect((await cli.run('logout-clients', 'delete', id)).code).toBe(0);
  expect((await cli.run('logout-clients', 'show', id)).code).toBe(3);
  expect((await cli.run('logout-clients', 'list')).stdout).toContain('There is no logout client.');
});

it('logout-clients: a second one for the same client is refused, and says why', async () => {
  await cli.json('logout-clients', 'create', 'web', URL);
  const again = await cli.run('logout-clients', 'create', 'web', URL);
  expect(again.code).not.toBe(0);
  expect(again.stderr).toContain('registered already');
});
