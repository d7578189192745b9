import { ensureZimApp } from '../../local/zim-app';
import { sql } from '../../src/database/sql';
import { createZimClient, ZIM_ENVIRONMENT } from '../dialects/zim/zim-client';
import { startTestApi, type TestApi } from '../support/test-api';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(ZIM_ENVIRONMENT);
});
afterAll(() => api.close());

const ensure = (seed: string) =>
  ensureZimApp({
    seed,
    apiUrl: api.url,
    tokenUrl: api.issuer.tokenUrl,
    audience: api.issuer.audience,
    admin: { ...api.issuer.clients.admin },
  });

test('the app of a machine works, and is the same at each start and for each database', async () => {
  const first = await ensure('this');
  const signed = async () =>
    (await createZimClient(first.baseUrl, first).post('UserRegister', { UserInfo: [{ UserId: 'ada' }] }))
      .Code;
  expect(await signed()).toBe(0);
  expect(await ensure('this')).toEqual(first);
  await api.services.database.query(sql`DELETE FROM zim_apps`);
  expect(await signed()).toBe(100000001);
  expect(await ensure('this')).toEqual(first);
  expect(await signed()).toBe(660700002);
});

test('another machine has another app', async () => {
  const [one, other] = [await ensure('this'), await ensure('that')];
  expect(other.appId).not.toBe(one.appId);
  expect(other.serverSecret).not.toBe(one.serverSecret);
});

test('where somebody has revoked it the next one takes its place, the same at each start', async () => {
  const first = await ensure('revoked');
  const path = `/api/v1/zim/apps/${first.appId}`;
  const token = await api.issuer.tokenFor('admin');
  const revoked = await fetch(`${api.url}${path}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${token}` },
  });
  expect(revoked.status).toBe(204);
  const next = await ensure('revoked');
  expect(next.appId).not.toBe(first.appId);
  const { Code } = await createZimClient(next.baseUrl, next).get('QueryBlacklist', { FromUserId: 'nobody' });
  expect(Code).toBe(660800001);
  expect(await ensure('revoked')).toEqual(next);
});
