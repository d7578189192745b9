import { sql } from '../../src/database/sql';
import { Uuid } from '../../src/database/uuid';
import { describeOperation } from './support/describe-operation';
import { newLogoutClient } from './support/fixtures';
import { snapshotOf } from './support/tables';

const missing = {
  path: '/api/v1/logout-clients/01a1fdda-889f-71ae-b8f9-ea0d6e52af4d',
  code: 'logout_client.not_found',
};
const pathOf = (id: string) => `/api/v1/logout-clients/${id}`;
const path = async (...[api]: Parameters<typeof newLogoutClient>) => pathOf((await newLogoutClient(api)).id);

describeOperation('updateLogoutClient', { path, missing }, (test) => {
  const update = (id: string, body: unknown, headers?: Record<string, string>) =>
    test.call('PATCH', pathOf(id), { body, headers });
  const get = (id: string) => test.api.call('GET', pathOf(id));
  const snapshot = () => snapshotOf(test.api.services.database);

  it('200: changes what is given, leaves what is not, and records both', async () => {
    const { id, clientId, createdAt } = await newLogoutClient(test.api, { description: 'Shop' });
    const { status, body } = await update(id, { logoutUri: 'http://127.0.0.1:9/other', enabled: false });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      clientId,
      logoutUri: 'http://127.0.0.1:9/other',
      enabled: false,
      description: 'Shop',
      createdAt,
    });
    expect((body as { updatedAt: string | null }).updatedAt).not.toBeNull();
    expect((await get(id)).body).toEqual(body);
    const trail = (await test.api.call('GET', '/api/v1/audit-records?limit=1')).body as { items: unknown[] };
    expect(trail.items[0]).toMatchObject({
      action: 'logout_client.update',
      target: `logout_client:${id}`,
      changedFields: ['logoutUri', 'enabled'],
    });
    expect((await update(id, { description: null })).body).toMatchObject({ description: null });
  });

  it('200: where nothing is different nothing is written', async () => {
    const { id } = await newLogoutClient(test.api);
    const before = await snapshot();
    for (const body of [{}, { enabled: true }]) expect((await update(id, body)).status).toBe(200);
    expect(await snapshot()).toEqual(before);
  });

  it('200: at another address it begins anew; what went on at the one before is forgotten', async () => {
    const { id } = await newLogoutClient(test.api);
    const failingSince = '2026-11-20T11:25:19.853Z';
    await test.api.services.database.query(
      sql`UPDATE logout_clients SET failing_since = ${new Date(failingSince)} WHERE id = ${new Uuid(id)}`,
    );
    expect((await update(id, { description: 'Shop' })).body).toMatchObject({ failingSince });
    const moved = await update(id, { logoutUri: 'http://127.0.0.1:9/moved' });
    expect(moved.body).toMatchObject({ failingSince: null });
  });

  it('412: of a state that has passed; of the present one it goes on (RFC 9110)', async () => {
    const { id } = await newLogoutClient(test.api);
    const read = (await get(id)).headers.get('etag') ?? '';
    const changed = await update(id, { description: 'first' }, { 'if-match': read });
    expect(changed.status).toBe(200);
    const before = await snapshot();
    const late = await update(id, { description: 'second' }, { 'if-match': read });
    expect([late.status, (late.body as { code: string }).code]).toEqual([412, 'precondition.failed']);
    expect(await snapshot()).toEqual(before);
    const next = changed.headers.get('etag') ?? '';
    expect((await update(id, { description: 'third' }, { 'if-match': next })).status).toBe(200);
  });

  it.each([
    [{ logoutUri: 'https://169.254.169.254/' }, '/body/logoutUri'],
    [{ logoutUri: null }, '/body/logoutUri'],
    [{ clientId: 'other' }, '/body/clientId'],
    [{ sessionRequired: 1 }, '/body/sessionRequired'],
  ])('400: %j names the field, and nothing changes (I8)', async (patch, pointer) => {
    const { id } = await newLogoutClient(test.api);
    const before = await snapshot();
    const { status, body } = await update(id, patch);
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer }] });
    expect(await snapshot()).toEqual(before);
  });
});
