import { startTestApi, type TestApi } from '../../support/test-api';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

test.each([
  '/?Action=QueryBlacklist',
  '/zim/QueryBlacklist',
  '/api/v1/zim/apps',
  '/docs/zim',
  '/openapi/zim.json',
])('the dialect that is off leaves nothing at %s', async (path) => {
  const response = await fetch(`${api.url}${path}`);
  expect([response.status, await response.json()]).toMatchObject([404, { code: 'request.unknown_path' }]);
});
