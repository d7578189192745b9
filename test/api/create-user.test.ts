import { describeOperation } from './support/describe-operation';
import type { ProblemBody, UserBody } from './support/fixtures';
import { rowsOf, snapshotOf } from './support/tables';

describeOperation('createUser', {}, (test) => {
  const create = (body: unknown) => test.call('POST', '/api/v1/users', { body });

  it('201: answers the user and where she is', async () => {
    const { status, headers, body } = await create({
      email: 'Grace@Example.com',
      firstName: 'Grace',
      lastName: 'Hopper',
      locale: 'en-US',
    });
    const user: UserBody = body;
    expect(status).toBe(201);
    expect(user).toMatchObject({
      email: 'Grace@Example.com',
      firstName: 'Grace',
      lastName: 'Hopper',
      locale: 'en-US',
      status: 'active',
      isSuspended: false,
      suspension: null,
      accessEpoch: 1,
      userId: user.id,
    });
    expect(user.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(user.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(headers.get('location')).toBe(`/api/v1/users/${user.id}`);
    expect((await test.api.call('GET', headers.get('location') ?? '')).body).toEqual(user);
  });

  it("201: keeps the provider's own id and uid, the largest and the strangest too", async () => {
    for (const given of [
      { id: 7, uid: "o'neill\\" },
      { id: 2 ** 53 - 1, uid: '😀'.repeat(100) },
      { id: 8, uid: ' ' },
    ]) {
      const { status, body } = await create(given);
      expect(status).toBe(201);
      expect(body).toMatchObject({ ...given, userId: given.id });
    }
  });

  it('201: e-mail and names may be missing', async () => {
    const { status, body } = await create({});
    expect(status).toBe(201);
    expect(body).toMatchObject({ email: null, firstName: null, lastName: null, locale: null });
  });

  it('201: an e-mail may come twice; a uid is compared byte by byte', async () => {
    const uids = ['case', 'CASE', 'case ', 'cäse', 'ca\u0308se'];
    for (const uid of uids) expect((await create({ uid, email: 'twin@example.com' })).status).toBe(201);
  });

  it('201: leaves an audit record that names fields and no values (I7)', async () => {
    const { body } = await create({ email: 'secret@example.com', firstName: 'Secret' });
    const records = await rowsOf(test.api.services.database, 'audit_records');
    expect(records.at(-1)).toMatchObject({
      action: 'user.create',
      target: `user:${(body as UserBody).id}`,
      actor: 'admin',
      changed_fields: '["email","firstName"]',
    });
    expect(JSON.stringify(records)).not.toMatch(/secret@example|Secret/);
  });

  it.each([
    ['id', { id: 101 }, 'user.id_taken', '/body/id'],
    ['uid', { uid: 'ada' }, 'user.uid_taken', '/body/uid'],
  ])(
    '409: the %s is taken; the field is named and no row is left (I3)',
    async (_name, body, code, pointer) => {
      const before = await snapshotOf(test.api.services.database);
      const answer = await create(body);
      expect(answer.status).toBe(409);
      expect(answer.body).toMatchObject({ code, errors: [{ pointer }] });
      expect((answer.body as ProblemBody).requestId).toBe(answer.headers.get('x-request-id'));
      expect(await snapshotOf(test.api.services.database)).toEqual(before);
    },
  );

  it('400: an e-mail that is none (I8)', async () => {
    const { status, body } = await create({ email: 'ada' });
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/body/email' }] });
  });

  it('201: an address whose lower case is longer than itself (I8)', async () => {
    const email = `${'İ'.repeat(200)}@example.com`;
    const { status } = await test.call('POST', '/api/v1/users', { body: { email } });
    expect(status).toBe(201);
  });
});
