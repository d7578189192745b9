import { describeOperation } from './support/describe-operation';
import {
  breakGlassToken,
  clientToken,
  getUser,
  isActive,
  newProtectedUser,
  newSession,
  newUser,
} from './support/fixtures';
import { rowsOf, snapshotOf } from './support/tables';

const missing = { path: '/api/v1/users/102', code: 'user.not_found' };

describeOperation('updateUser', { missing }, (test) => {
  const update = (id: number, body: unknown, token?: string) =>
    test.call('PATCH', `/api/v1/users/${id}`, { body, token });
  const snapshot = () => snapshotOf(test.api.services.database);

  it('200: changes what is given, leaves what is not, and answers the user', async () => {
    const { id } = await newUser(test.api, { email: 'Ada@example.com', firstName: 'Ada', locale: 'en' });
    const { status, body } = await update(id, { lastName: 'King', email: 'Ada.King@example.com' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id,
      email: 'Ada.King@example.com',
      firstName: 'Ada',
      lastName: 'King',
      locale: 'en',
      protected: false,
    });
    expect(await getUser(test.api, id)).toEqual(body);
    const found = await test.api.call('GET', '/api/v1/users?email=ada.KING@example.com');
    expect((found.body as { items: { id: number }[] }).items.map((user) => user.id)).toEqual([id]);
  });

  it('200: null takes a field away; her access goes on', async () => {
    const user = await newUser(test.api, {
      email: 'x@example.com',
      firstName: 'X',
      lastName: 'Y',
      locale: 'de',
    });
    const { sessionId } = await newSession(test.api, user.id);
    const nothing = { email: null, firstName: null, lastName: null, locale: null };
    expect((await update(user.id, nothing)).body).toMatchObject({
      ...nothing,
      accessEpoch: user.accessEpoch,
    });
    expect(await isActive(test.api, sessionId)).toBe(true);
  });

  it('200: where nothing is different nothing is written', async () => {
    const { id } = await newUser(test.api, { email: 'x@example.com', firstName: 'X' });
    const before = await snapshot();
    for (const same of [{}, { email: 'x@example.com', lastName: null }]) {
      expect((await update(id, same)).status).toBe(200);
    }
    expect(await snapshot()).toEqual(before);
  });

  it('200: leaves an audit record of the fields that changed, and tells nobody', async () => {
    const { id } = await newUser(test.api, { firstName: 'X', lastName: 'Y' });
    await update(id, { firstName: 'Z', lastName: 'Y' });
    const { database } = test.api.services;
    expect((await rowsOf(database, 'audit_records')).at(-1)).toMatchObject({
      action: 'user.update',
      target: `user:${id}`,
      actor: 'admin',
      changed_fields: '["firstName"]',
    });
    expect(await rowsOf(database, 'events')).toEqual([]);
  });

  it('200: the mark of protection is set and taken away with users:block-protected', async () => {
    const { id } = await newProtectedUser(test.api);
    expect(await getUser(test.api, id)).toMatchObject({ protected: true });
    // What else is known about her is no matter of protection.
    expect((await update(id, { firstName: 'Eve' })).body).toMatchObject({
      firstName: 'Eve',
      protected: true,
    });
    const { body } = await update(id, { protected: false }, await breakGlassToken(test.api));
    expect(body).toMatchObject({ protected: false });
  });

  it.each([true, false])(
    '403: protected %s without that scope, which system_api does not imply; nothing changes',
    async (value) => {
      const { id } = await newUser(test.api);
      const before = await snapshot();
      const { status, headers, body } = await update(id, { firstName: 'Eve', protected: value });
      expect([status, (body as { code: string }).code]).toEqual([403, 'auth.insufficient_scope']);
      expect(headers.get('www-authenticate')).toContain('scope="users:block-protected"');
      expect(await snapshot()).toEqual(before);
    },
  );

  it('200: a reader of reasons alone sees them in the answer (I7)', async () => {
    const { id } = await newUser(test.api);
    await test.api.call('PATCH', `/api/v1/users/${id}/block`, { body: { suspensionReason: 'Spam' } });
    const { body } = await update(id, { firstName: 'Eve' }, await clientToken(test.api, 'users:write'));
    expect(JSON.stringify(body)).not.toContain('Spam');
  });

  it('412: of a state that has passed; of the present one it goes on, and answers the next (RFC 9110)', async () => {
    const { id } = await newUser(test.api);
    const { headers } = await test.api.call('GET', `/api/v1/users/${id}`);
    const read = headers.get('etag') ?? '';
    const patch = (tag: string, body: unknown) =>
      test.call('PATCH', `/api/v1/users/${id}`, { body, headers: { 'if-match': tag } });
    const changed = await patch(read, { firstName: 'Eve' });
    expect(changed.status).toBe(200);
    const before = await snapshot();
    const late = await patch(read, { firstName: 'Mallory' });
    expect([late.status, (late.body as { code: string }).code]).toEqual([412, 'precondition.failed']);
    expect(await snapshot()).toEqual(before);
    const next = changed.headers.get('etag') ?? '';
    expect((await test.api.call('GET', `/api/v1/users/${id}`)).headers.get('etag')).toBe(next);
    expect((await patch(next, { firstName: 'Adam' })).body).toMatchObject({ firstName: 'Adam' });
  });

  it('400: what is no e-mail and no locale is told once, in words (I8)', async () => {
    const { status, body } = await update(101, { email: 'ada', locale: 'en GB' });
    expect(status).toBe(400);
    expect((body as { errors: unknown }).errors).toEqual([
      { pointer: '/body/email', detail: 'must be an e-mail address' },
      { pointer: '/body/locale', detail: 'must be a language tag such as en-GB' },
    ]);
  });
});
