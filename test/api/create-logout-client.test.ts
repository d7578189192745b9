import { describeOperation } from './support/describe-operation';
import { newLogoutClient } from './support/fixtures';
import { rowsOf, snapshotOf } from './support/tables';

const CLIENTS = '/api/v1/logout-clients';
const logoutUri = 'http://127.0.0.1:9/logout';

describeOperation('createLogoutClient', {}, (test) => {
  const create = (body: unknown) => test.call('POST', CLIENTS, { body });
  const stored = () => rowsOf(test.api.services.database, 'logout_clients');

  it('201: answers the client, where it is, and what was not said of it', async () => {
    const { status, headers, body } = await create({ clientId: 'web', logoutUri });
    const { id } = body as { id: string };
    expect(status).toBe(201);
    expect(body).toMatchObject({
      clientId: 'web',
      logoutUri,
      sessionRequired: false,
      enabled: true,
      description: null,
      failingSince: null,
      updatedAt: null,
    });
    expect(headers.get('location')).toBe(`${CLIENTS}/${id}`);
    const later = await test.api.call('GET', `${CLIENTS}/${id}`);
    expect(later.body).toEqual(body);
    expect(later.headers.get('etag')).toBe(headers.get('etag'));
    expect((await rowsOf(test.api.services.database, 'audit_records')).at(-1)).toMatchObject({
      action: 'logout_client.create',
      target: `logout_client:${id}`,
    });
  });

  it('201: everything that may be said of it', async () => {
    const all = { clientId: 'app', logoutUri, sessionRequired: true, enabled: false, description: 'The app' };
    expect((await create(all)).body).toMatchObject(all);
  });

  it('409: a client is registered once, which also holds for two who try at the same moment', async () => {
    const { clientId } = await newLogoutClient(test.api);
    const before = await snapshotOf(test.api.services.database);
    const { status, body } = await create({ clientId, logoutUri });
    expect(status).toBe(409);
    expect(body).toMatchObject({
      code: 'logout_client.client_taken',
      errors: [{ pointer: '/body/clientId' }],
    });
    expect(await snapshotOf(test.api.services.database)).toEqual(before);
    // Compared byte by byte, as sessions name it.
    expect((await create({ clientId: clientId.toUpperCase(), logoutUri })).status).toBe(201);
    const statuses = await Promise.all([1, 2, 3].map(() => create({ clientId: 'race', logoutUri })));
    expect(statuses.map((answer) => answer.status).sort()).toEqual([201, 409, 409]);
  });

  it.each([
    'http://10.0.0.1/',
    'https://169.254.169.254/latest',
    'http://1.1.1.1/',
    'ftp://127.0.0.1/',
    'https://shop.example.com/logout#here',
    'https://user:secret@shop.example.com/',
    'https://nowhere.invalid/',
  ])('400: the address %s names the field, and nothing is stored (I7)', async (address) => {
    const before = await stored();
    const { status, body } = await create({ clientId: 'x', logoutUri: address });
    expect(status).toBe(400);
    expect(body).toMatchObject({
      code: 'logout_client.address_refused',
      errors: [{ pointer: '/body/logoutUri' }],
    });
    expect(await stored()).toEqual(before);
  });

  it.each([
    [{ clientId: '' }, '/body/clientId'],
    [{ clientId: 'x'.repeat(256) }, '/body/clientId'],
    [{ clientId: 'a\u0000b' }, '/body/clientId'],
    [{ logoutUri: `https://shop.example.com/${'x'.repeat(2000)}` }, '/body/logoutUri'],
    [{ logoutUri: 'https://shop.example.com/ü' }, '/body/logoutUri'],
    [{ sessionRequired: 'yes' }, '/body/sessionRequired'],
    [{ enabled: null }, '/body/enabled'],
    [{ description: 'x'.repeat(1001) }, '/body/description'],
    [{ secret: 'x' }, '/body/secret'],
  ])('400: %j names the field, and nothing is stored (I8)', async (wrong, pointer) => {
    const before = await stored();
    const { status, body } = await create({ clientId: 'x', logoutUri, ...wrong });
    expect(status).toBe(400);
    expect((body as { errors: { pointer: string }[] }).errors.map((one) => one.pointer)).toContain(pointer);
    expect(await stored()).toEqual(before);
  });
});
