import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { exitCodes } from '../../../cli/exit-codes';
import { createEncryption } from '../../../src/database/encryption';
import { renewSecrets } from '../../../src/database/renew-secrets';
import { sql } from '../../../src/database/sql';
import { createCreateZimApp } from '../../../src/dialects/zim-apps/create-zim-app';
import { zimSecrets } from '../../../src/dialects/zim-apps/zim-app';
import { createFindSigningApp } from '../../../src/dialects/zim-apps/zim-app-queries';
import { systemActor } from '../../../src/audit/audit';
import { clientToken, userToken } from '../../api/support/fixtures';
import { rowsOf } from '../../api/support/tables';
import { type Cli, createCli, credentialsOf } from '../../cli/support/cli';
import { startTestApi, type TestApi } from '../../support/test-api';
import { createZimClient, type ZimApp, ZIM_ENVIRONMENT } from './zim-client';

let api: TestApi;
let cli: Cli;
beforeAll(async () => {
  api = await startTestApi(ZIM_ENVIRONMENT);
  cli = await createCli(credentialsOf(api, 'admin'));
});
afterAll(async () => {
  await cli.close();
  await api.close();
});

const PATH = '/api/v1/zim/apps';
async function call(method: string, path: string, body?: unknown, token?: string) {
  const response = await fetch(`${api.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token ?? (await api.issuer.tokenFor('admin'))}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as unknown };
}
const query = async (app: ZimApp) =>
  (await createZimClient(api.url, app).get('QueryBlacklist', { FromUserId: 'nobody' })).Code;

test('an app is made, works, is listed without its secret, and is revoked at once', async () => {
  const { status, body } = await call('POST', PATH, { name: 'Chat' });
  const app = body as ZimApp;
  expect(status).toBe(201);
  expect(app).toMatchObject({ name: 'Chat', revokedAt: null });
  expect(app.serverSecret).toMatch(/^[0-9a-f]{32}$/);
  expect(await query(app)).toBe(660800001);
  const [row] = (await rowsOf(api.services.database, 'zim_apps')).filter(({ name }) => name === 'Chat');
  expect(String(row?.secret)).not.toContain(app.serverSecret);

  const listed = await call('GET', PATH);
  expect(listed.body).toMatchObject({ items: [{ appId: app.appId, name: 'Chat' }], next: null });
  expect(JSON.stringify(listed.body)).not.toContain(app.serverSecret);

  expect((await call('DELETE', `${PATH}/${app.appId}`)).status).toBe(204);
  expect((await call('DELETE', `${PATH}/${app.appId}`)).status).toBe(204);
  expect(await query(app)).toBe(100000001);
  const records = await rowsOf(api.services.database, 'audit_records');
  const ofApp = records.filter(({ target }) => target === `zim_app:${app.appId}`);
  expect(ofApp.map(({ action }) => action)).toEqual(['zim_app.create', 'zim_app.revoke']);
});

test('who comes from the vendor brings id and secret along; neither is given twice', async () => {
  const app = { appId: 12345, serverSecret: '9193cc662a4c0ec135ec71fb57194b38' };
  expect(await call('POST', PATH, { name: 'Old', ...app })).toMatchObject({ status: 201, body: app });
  expect(await query(app)).toBe(660800001);
  expect(await call('POST', PATH, { name: 'Again', ...app })).toMatchObject({
    status: 409,
    body: { code: 'zim_app.taken' },
  });
});

test.each([
  ['POST', PATH, {}, 400],
  ['POST', PATH, { name: 'A', appId: 4294967296 }, 400],
  ['POST', PATH, { name: 'A', serverSecret: 'short' }, 400],
  ['POST', PATH, { name: 'A', other: 1 }, 400],
  ['GET', `${PATH}?cursor=x`, undefined, 400],
  ['DELETE', `${PATH}/77`, undefined, 404],
  ['DELETE', `${PATH}/abc`, undefined, 400],
])('%s %s %j is refused by a problem document', async (method, path, body, status) => {
  expect(await call(method, path, body)).toMatchObject({ status, body: { status } });
});

test('it takes a system client with the scope dialects:manage', async () => {
  const [manager, other, user] = await Promise.all([
    clientToken(api, 'dialects:manage'),
    clientToken(api, 'users:read'),
    userToken(api, 'dialects:manage'),
  ]);
  expect((await call('GET', PATH, undefined, manager)).status).toBe(200);
  expect((await call('GET', PATH, undefined, other)).status).toBe(403);
  expect((await call('GET', PATH, undefined, user)).status).toBe(403);
  expect((await fetch(`${api.url}${PATH}`)).status).toBe(401);
});

test('a new key in ENCRYPTION_KEYS takes the secrets over, so that the older one can go', async () => {
  const { database } = api.services;
  const [older, newer] = ['k_1', 'k-1'].map((id) => ({ id, key: randomBytes(32) }));
  if (!older || !newer) throw new Error('there are two keys');
  const made = await createCreateZimApp(database, createEncryption([older]))(
    { name: 'Sealed' },
    systemActor('test'),
  );
  await database.query(sql`DELETE FROM zim_apps WHERE app_id <> ${made.appId}`);
  await renewSecrets(database, createEncryption([newer, older]), zimSecrets, pino({ level: 'silent' }));
  const found = await createFindSigningApp(database, createEncryption([newer]))(made.appId);
  expect(found?.serverSecret).toBe(made.serverSecret);
});

test('the command line makes, lists and revokes apps', async () => {
  await api.services.database.query(sql`DELETE FROM zim_apps`);
  expect((await cli.run('zim-apps', 'list')).stdout).toContain('There is no app.');
  const app = await cli.json<ZimApp>('zim-apps', 'create', 'Shell');
  expect(await query(app)).toBe(660800001);
  expect((await cli.run('zim-apps', 'list')).stdout).toMatch(new RegExp(`${app.appId} +Shell .* -\n`));
  expect((await cli.run('zim-apps', 'revoke', String(app.appId))).code).toBe(0);
  expect(await query(app)).toBe(100000001);
  expect((await cli.run('zim-apps', 'revoke', '77')).code).toBe(exitCodes.notFound);
});

test('the command line brings the vendor’s id and secret along, from a file or from stdin, and shows no secret', async () => {
  const SECRET = 'f193cc662a4c0ec135ec71fb57194b38';
  const file = join(cli.folder, 'secret');
  await writeFile(file, `${SECRET}\n`);
  const fromFile = ['zim-apps', 'create', 'Moved', '--app-id', '4242', '--server-secret-file', file];
  const fromStdin = ['zim-apps', 'create', 'Moved, too', '--app-id', '4243', '--server-secret-file', '-'];
  for (const run of [await cli.run(...fromFile), await cli.runWith(SECRET, '--json', ...fromStdin)]) {
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).not.toContain(SECRET);
  }
  for (const appId of [4242, 4243]) expect(await query({ appId, serverSecret: SECRET })).toBe(660800001);
  expect(await cli.run(...fromFile)).toMatchObject({ code: exitCodes.refused, stdout: '' });
  const unusable = [
    ['--app-id', '12x'],
    ['--server-secret-file', join(cli.folder, 'nowhere')],
    ['--server-secret-file', '-'],
  ];
  const before = await rowsOf(api.services.database, 'zim_apps');
  for (const options of unusable)
    expect((await cli.run('zim-apps', 'create', 'None', ...options)).code).not.toBe(0);
  expect(await rowsOf(api.services.database, 'zim_apps')).toEqual(before);
});
