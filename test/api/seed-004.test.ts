import { hasCurl, runCurl } from '../support/run-curl';
import { startTestApi, type TestApi } from '../support/test-api';
import { change, newSession, newUser } from './support/fixtures';

/** The command line of Guardhouse's document, as it stands there. */
const SAMPLE = `curl -X PATCH "https://your-tenant.guardhouse.cloud/api/v1/users/101/unblock" \\
-H "Authorization: Bearer YOUR_ACCESS_TOKEN" \\
-H "Content-Type: application/json" \\
-d '{
"triggerWebhook": false,
"notifyUserViaEmail": false,
"unblockedByUserId": 9001
}'`;

/** Without curl on this machine it cannot be run. */
const withCurl = hasCurl ? it : it.skip;

describe('the sample of seed 004', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi();
  });
  afterAll(() => api.close());

  const run = (token: string) =>
    runCurl(
      SAMPLE.replace('https://your-tenant.guardhouse.cloud', api.url).replace('YOUR_ACCESS_TOKEN', token),
    );

  withCurl(
    'curl: 404 where nobody has the id, 204 with no body for her, 401 without a token that holds',
    async () => {
      const token = await api.issuer.tokenFor('admin');
      expect(await run(token)).toMatchObject({ status: 404, body: { title: 'User not found' } });
      await newUser(api, { id: 101 });
      const { sessionId } = await newSession(api, 101);
      await change(api, 'block', 101);
      expect(await run(token)).toEqual({ status: 204, body: undefined });
      const { body: user } = await api.call('GET', '/api/v1/users/101');
      expect(user).toMatchObject({ status: 'active', isSuspended: false });
      // "Current access is revoked again so the new state takes effect immediately."
      expect((await api.call('POST', `/api/v1/sessions/${sessionId}/touch`)).status).toBe(403);
      expect((await run('none')).status).toBe(401);
      expect((await run(await api.issuer.tokenFor('reader'))).status).toBe(403);
    },
  );
});
