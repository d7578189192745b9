import { describeOperation } from './support/describe-operation';
import { change, newLogoutClient, newSession, newUser } from './support/fixtures';
import { rowsOf } from './support/tables';

const missing = {
  path: '/api/v1/logout-clients/01a1fdda-889f-71ae-b8f9-ea0d6e52af4d',
  code: 'logout_client.not_found',
};
const pathOf = (id: string) => `/api/v1/logout-clients/${id}`;
const path = async (...[api]: Parameters<typeof newLogoutClient>) => pathOf((await newLogoutClient(api)).id);

describeOperation('deleteLogoutClient', { path, missing }, (test) => {
  const remove = (id: string) => test.call('DELETE', pathOf(id));
  const told = async () => {
    const deliveries = await rowsOf(test.api.services.database, 'deliveries');
    return deliveries.map(({ target, state }) => [target, state]);
  };

  it('204: cancels what is on its way to it and to nobody else, and a block tells it nothing more', async () => {
    const [gone, kept] = [await newLogoutClient(test.api), await newLogoutClient(test.api)];
    const signIn = async () => {
      const { id } = await newUser(test.api);
      for (const { clientId } of [gone, kept]) await newSession(test.api, id, { clientId });
      return id;
    };
    await change(test.api, 'block', await signIn());
    expect((await remove(gone.id.toUpperCase())).status).toBe(204);
    expect((await remove(gone.id)).status).toBe(404);
    expect(await told()).toEqual(
      expect.arrayContaining([
        [gone.id, 'cancelled'],
        [kept.id, 'pending'],
      ]),
    );
    await change(test.api, 'block', await signIn());
    expect((await told()).filter(([target]) => target === gone.id)).toHaveLength(1);
    const trail = await rowsOf(test.api.services.database, 'audit_records');
    const done = trail.filter(
      ({ action, outcome }) => action === 'logout_client.delete' && outcome === 'done',
    );
    expect(done.map(({ target }) => target)).toEqual([`logout_client:${gone.id}`]);
  });

  it('400: an id that is no UUID names the path (I8)', async () => {
    const { status, body } = await remove("'");
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/path/logoutClientId' }] });
  });
});
