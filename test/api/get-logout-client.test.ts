import { describeOperation } from './support/describe-operation';
import { newLogoutClient } from './support/fixtures';

const missing = {
  path: '/api/v1/logout-clients/01a1fdda-889f-71ae-b8f9-ea0d6e52af4d',
  code: 'logout_client.not_found',
};
const pathOf = (id: string) => `/api/v1/logout-clients/${id}`;
const path = async (...[api]: Parameters<typeof newLogoutClient>) => pathOf((await newLogoutClient(api)).id);

describeOperation('getLogoutClient', { path, missing }, (test) => {
  it('200: as it was made; an id in capitals is the same id', async () => {
    const client = await newLogoutClient(test.api, { sessionRequired: true });
    for (const id of [client.id, client.id.toUpperCase()]) {
      const { status, body } = await test.call('GET', pathOf(id));
      expect([status, body]).toEqual([200, client]);
    }
  });

  it('400: an id that is no UUID names the path (I8)', async () => {
    const { status, body } = await test.call('GET', pathOf('7'));
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/path/logoutClientId' }] });
  });
});
