import { createHash } from 'node:crypto';
import { sql } from '../../../src/database/sql';
import { Uuid } from '../../../src/database/uuid';
import { clientToken, newUser, userToken } from '../../api/support/fixtures';
import { refusalsOf, rowsOf, snapshotOf } from '../../api/support/tables';
import { type ApiKeyBody, type CometchatStage, startCometchat } from './support/cometchat-client';

describe('the keys of CometChat’s dialect', () => {
  let stage: CometchatStage;
  beforeAll(async () => (stage = await startCometchat()));
  afterAll(() => stage.api.close());

  const get = (key: string | null) => stage.call('GET', '/users', { key });
  const snapshot = () => snapshotOf(stage.api.services.database);
  const audited = async () => (await rowsOf(stage.api.services.database, 'audit_records')).at(-1);

  it('201: the key is shown once, its hash is kept, and who made it is recorded', async () => {
    const token = await clientToken(stage.api, 'dialects:manage');
    const answer = await stage.keys('POST', '', { body: { name: 'Shop', access: 'full' }, token });
    const body = answer.body as ApiKeyBody;
    expect(answer.status).toBe(201);
    expect(body).toMatchObject({
      name: 'Shop',
      access: 'full',
      mayErase: false,
      createdBy: 'client-7',
      revokedAt: null,
    });
    expect(body.key).toMatch(/^[0-9a-f]{64}$/);
    const rows = await rowsOf(stage.api.services.database, 'cometchat_keys');
    expect(JSON.stringify(rows)).not.toContain(body.key);
    expect(rows.at(-1)).toMatchObject({ key_hash: createHash('sha256').update(body.key).digest('hex') });
    expect(await audited()).toMatchObject({
      actor: 'client-7',
      action: 'cometchat_key.create',
      target: `cometchat_key:${body.id}`,
    });
    const [listed] = ((await stage.keys('GET')).body as { items: object[] }).items;
    const { key: _shownOnce, ...shown } = body;
    expect(listed).toEqual(shown);
    expect((await get(body.key)).status).toBe(200);
  });

  it('200: pages, newest first, and knows when a key was last used, to ten minutes', async () => {
    const made = [await stage.newKey(), await stage.newKey(), await stage.newKey()];
    const first = (await stage.keys('GET', '?limit=2')).body as { items: { id: string }[]; next: string };
    const second = (await stage.keys('GET', `?limit=1&cursor=${first.next}`)).body as typeof first;
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(made.map(({ id }) => id).reverse());
    const { key = '', id = '' } = made[0] ?? {};
    const lastUsed = async () => {
      const { items } = (await stage.keys('GET')).body as {
        items: { id: string; lastUsedAt: string | null }[];
      };
      return items.find((item) => item.id === id)?.lastUsedAt;
    };
    expect(await lastUsed()).toBeNull();
    await get(key);
    const used = await lastUsed();
    expect(used).not.toBeNull();
    await get(key);
    expect(await lastUsed()).toBe(used);
    stage.api.clock.shiftMs = 11 * 60_000;
    await get(key);
    stage.api.clock.shiftMs = 0;
    expect(await lastUsed()).not.toBe(used);
  });

  it('204: a revoked key opens nothing from the answer on; repeating it changes nothing', async () => {
    const { id, key } = await stage.newKey();
    expect((await get(key)).status).toBe(200);
    expect((await stage.keys('DELETE', `/${id.toUpperCase()}`)).status).toBe(204);
    expect(await get(key)).toMatchObject({
      status: 401,
      body: { error: { code: 'AUTH_ERR_APIKEY_NOT_FOUND' } },
    });
    expect(await audited()).toMatchObject({ action: 'cometchat_key.revoke', target: `cometchat_key:${id}` });
    const before = await snapshot();
    expect((await stage.keys('DELETE', `/${id}`)).status).toBe(204);
    expect(await snapshot()).toEqual(before);
  });

  it('a key that another process has revoked is dead here with its commit', async () => {
    const { id, key } = await stage.newKey();
    const { database } = stage.api.services;
    expect((await get(key)).status).toBe(200);
    await database.query(
      sql`UPDATE cometchat_keys SET revoked_at = ${new Date()} WHERE id = ${new Uuid(id)}`,
    );
    const statuses = await Promise.all(Array.from({ length: 20 }, async () => (await get(key)).status));
    expect(new Set(statuses)).toEqual(new Set([401]));
  });

  it('is spoken in problem documents', async () => {
    const body = { name: 'x', access: 'read' };
    const unknown = await stage.keys('DELETE', '/01a1fdda-88b1-7c60-9b2e-4d8f1a7c3e52');
    expect([unknown.status, unknown.body]).toMatchObject([404, { code: 'cometchat_key.not_found' }]);
    expect(unknown.headers.get('content-type')).toContain('application/problem+json');
    const stranger = await stage.keys('POST', '', { body, token: 'a.b.c' });
    expect([stranger.status, stranger.body]).toMatchObject([401, { code: 'auth.invalid_token' }]);
    expect(stranger.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    for (const token of [
      await clientToken(stage.api, 'users:write'),
      await userToken(stage.api, 'dialects:manage'),
    ]) {
      const poor = await stage.keys('POST', '', { body, token });
      expect([poor.status, poor.body]).toMatchObject([403, { code: 'auth.insufficient_scope' }]);
    }
    expect((await refusalsOf(stage.api.services.database)).at(-2)).toMatchObject({
      action: 'cometchat_key.create',
    });
  });

  it('403: a key that erases is made by those who may erase; any other by all who manage keys', async () => {
    const create = async (mayErase: boolean, ...scopes: string[]) => {
      const token = await clientToken(stage.api, 'dialects:manage', ...scopes);
      return stage.keys('POST', '', { body: { name: 'x', access: 'full', mayErase }, token });
    };
    const before = await snapshot();
    const refused = await create(true);
    expect([refused.status, refused.body]).toMatchObject([403, { code: 'auth.insufficient_scope' }]);
    expect(refused.headers.get('www-authenticate')).toContain('scope="users:erase"');
    expect(await snapshot()).toEqual(before);
    expect((await create(false)).status).toBe(201);
    expect((await create(true, 'users:erase')).status).toBe(201);
  });

  it.each([
    ['no name', { access: 'full' }, '/body/name'],
    ['another access', { name: 'x', access: 'authOnly' }, '/body/access'],
    ['an unknown field', { name: 'x', access: 'full', scopes: [] }, '/body/scopes'],
    ['a reader that erases', { name: 'x', access: 'read', mayErase: true }, '/body/mayErase'],
    ['a NUL', { name: 'x\u0000', access: 'full' }, '/body/name'],
  ])('400: %s', async (_what, body, pointer) => {
    const answer = await stage.keys('POST', '', { body });
    expect([answer.status, answer.body]).toMatchObject([
      400,
      { code: 'request.invalid', errors: [{ pointer }] },
    ]);
  });

  it('400: a cursor and an id that are none', async () => {
    expect((await stage.keys('GET', '?cursor=x')).body).toMatchObject({ code: 'pagination.cursor_invalid' });
    expect((await stage.keys('DELETE', '/x')).body).toMatchObject({ errors: [{ pointer: '/path/keyId' }] });
  });

  describe('what a key opens', () => {
    it.each([
      ['no header', null, 'AUTH_ERR_EMPTY_APIKEY'],
      ['an empty one', '', 'AUTH_ERR_EMPTY_APIKEY'],
      ['a key that nobody gave out', 'a'.repeat(64), 'AUTH_ERR_APIKEY_NOT_FOUND'],
    ])('%s: 401', async (_what, key, code) => {
      for (const [method, path] of [
        ['GET', '/users'],
        ['DELETE', '/users/a'],
        ['POST', '/users/a/blockedusers'],
      ] as const) {
        const answer = await stage.call(method, path, { key, body: method === 'GET' ? undefined : {} });
        expect([answer.status, answer.body]).toMatchObject([401, { error: { code, details: {} } }]);
      }
    });

    it('a key that only reads changes nothing: 403 before the body is read, recorded under the key', async () => {
      const { uid } = await newUser(stage.api, { uid: 'read-only-me' });
      const { id, key } = await stage.newKey({ access: 'read' });
      expect((await stage.call('GET', `/users/${uid}`, { key })).status).toBe(200);
      expect((await stage.call('GET', `/users/${uid}/blockedusers`, { key })).status).toBe(200);
      const before = await snapshot();
      for (const [method, path] of [
        ['POST', '/users'],
        ['PUT', '/users'],
        ['DELETE', '/users'],
        ['DELETE', `/users/${uid}`],
        ['POST', `/users/${uid}/blockedusers`],
        ['DELETE', `/users/${uid}/blockedusers`],
      ] as const) {
        const answer = await stage.call(method, path, { key, body: '{' });
        expect([answer.status, answer.body]).toMatchObject([403, { error: { code: 'AUTH_ERR_NO_ACCESS' } }]);
        expect((await refusalsOf(stage.api.services.database)).at(-1)).toMatchObject({
          actor: `cometchat:${id}`,
        });
      }
      expect(await snapshot()).toEqual(before);
    });

    it('to erase takes a key that may; without, the user is not even deactivated', async () => {
      const { id, uid } = await newUser(stage.api, { uid: 'erase-me' });
      const { key } = await stage.newKey();
      const refused = await stage.call('DELETE', `/users/${uid}`, { key, body: { permanent: true } });
      expect([refused.status, refused.body]).toMatchObject([403, { error: { code: 'AUTH_ERR_NO_ACCESS' } }]);
      expect((await stage.api.call('GET', `/api/v1/users/${id}`)).body).toMatchObject({ status: 'active' });
      const erasing = await stage.newKey({ mayErase: true });
      expect(
        (await stage.call('DELETE', `/users/${uid}`, { key: erasing.key, body: { permanent: true } })).status,
      ).toBe(200);
    });

    it('no key opens our own API, and no token of the issuer the dialect', async () => {
      const { body } = await stage.api.call('GET', '/api/v1/users', { token: stage.full.key });
      expect(body).toMatchObject({ code: 'auth.invalid_token' });
      const token = await stage.api.issuer.tokenFor('admin');
      expect((await get(token)).status).toBe(401);
    });
  });
});
