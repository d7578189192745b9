import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCometchatKeys } from '../../local/cometchat-keys';
import { stackEnvironment } from '../../local/stack-environment';
import { sql } from '../../src/database/sql';
import { startTestApi, type TestApi } from '../support/test-api';

let directory: string;
let api: TestApi;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'portcullis-keys-'));
  api = await startTestApi({ DIALECTS: 'cometchat' });
});
afterAll(async () => {
  await api.close();
  await rm(directory, { recursive: true });
});

const load = () =>
  loadCometchatKeys({
    file: join(directory, 'keys.json'),
    apiUrl: api.url,
    tokenUrl: api.issuer.tokenUrl,
    audience: api.issuer.audience,
    admin: { ...api.issuer.clients.admin },
  });

test('the keys of a stack work, are the same at the next start, and are made anew for another database', async () => {
  const first = await load();
  expect(first.baseUrl).toBe(`${api.url}/v3`);
  const create = async (apikey: string) => {
    const headers = { apikey, 'content-type': 'application/json' };
    const body = JSON.stringify({ uid: 'cometchat-uid-1', name: 'Andrew Joseph' });
    return (await fetch(`${first.baseUrl}/users`, { method: 'POST', headers, body })).status;
  };
  expect(await create(first.readOnlyApiKey)).toBe(403);
  expect(await create(first.apiKey)).toBe(200);
  expect((await stat(join(directory, 'keys.json'))).mode & 0o777).toBe(0o600);
  expect(await load()).toEqual(first);
  await api.services.database.query(sql`DELETE FROM cometchat_keys`);
  const second = await load();
  expect(second.apiKey).not.toBe(first.apiKey);
  expect(await load()).toEqual(second);
});

test('a stack speaks the dialects', () => {
  const addresses = { databaseUrl: 'postgres://x', apiPort: 1, workerPort: 2, issuer: 'x', smtpUrl: 'x' };
  const { DIALECTS } = stackEnvironment({ ...addresses, encryptionKeys: 'x', auditKey: 'x' });
  expect(DIALECTS?.split(',')).toContain('cometchat');
});
