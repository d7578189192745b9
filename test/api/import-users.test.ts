import { describeOperation } from './support/describe-operation';
import { getUser } from './support/fixtures';
import { rowsOf, snapshotOf } from './support/tables';

interface Imported {
  id: number | null;
  uid: string | null;
  outcome: string;
  code?: string;
}

describeOperation('importUsers', {}, (test) => {
  const send = async (users: object[]): Promise<Imported[]> => {
    const { status, body } = await test.call('POST', '/api/v1/users/batch', { body: { users } });
    expect(status).toBe(200);
    return (body as { items: Imported[] }).items;
  };

  it('200: makes users as creating each would, in order', async () => {
    const given = { id: 501, uid: 'grace', email: 'Grace@Example.com', firstName: 'Grace', locale: 'en-US' };
    const items = await send([given, { uid: 'bob' }, { id: 502 }, {}]);
    expect(items.map(({ outcome }) => outcome)).toEqual(['created', 'created', 'created', 'created']);
    expect(items).toMatchObject([{ id: 501, uid: 'grace' }, { uid: 'bob' }, { id: 502 }, {}]);
    for (const { id, uid } of items) {
      expect(await getUser(test.api, Number(id))).toMatchObject({
        id,
        uid,
        status: 'active',
        accessEpoch: 1,
      });
    }
    expect(await getUser(test.api, 501)).toMatchObject({ ...given, lastName: null });
    const { body: byEmail } = await test.api.call('GET', '/api/v1/users?email=grace@example.com');
    expect(byEmail).toMatchObject({ items: [{ id: 501 }] });
  });

  it('200: repeated, it changes nothing: each is there already', async () => {
    const users = Array.from({ length: 600 }, (_, index) => ({ id: 10_000 + index, uid: `repeat-${index}` }));
    expect(new Set((await send(users)).map(({ outcome }) => outcome))).toEqual(new Set(['created']));
    const before = await snapshotOf(test.api.services.database);
    expect(await send(users)).toEqual(users.map((user) => ({ ...user, outcome: 'exists' })));
    expect(await send([{ id: 10_000 }, { uid: 'repeat-1' }])).toEqual([
      { id: 10_000, uid: 'repeat-0', outcome: 'exists' },
      { id: 10_001, uid: 'repeat-1', outcome: 'exists' },
    ]);
    expect(await snapshotOf(test.api.services.database)).toEqual(before);
  });

  it('200: one who is refused, by her id or her uid, holds up no other', async () => {
    expect(
      await send([
        { id: 101, uid: 'another' },
        { id: 601, uid: 'ada' },
        { id: 602, uid: 'fine' },
      ]),
    ).toEqual([
      { id: 101, uid: 'another', outcome: 'refused', code: 'user.id_taken' },
      { id: 601, uid: 'ada', outcome: 'refused', code: 'user.uid_taken' },
      { id: 602, uid: 'fine', outcome: 'created' },
    ]);
    expect((await test.api.call('GET', '/api/v1/users/601')).status).toBe(404);
  });

  it('200: the same one twice in a batch is made once; her id or uid for another is refused', async () => {
    const items = await send([
      { id: 701, uid: 'twice' },
      { id: 701, uid: 'twice' },
      { id: 701, uid: 'other' },
      { id: 702, uid: 'twice' },
      { uid: 'lone' },
      { uid: 'lone' },
    ]);
    expect(items.map(({ outcome, code }) => code ?? outcome)).toEqual([
      'created',
      'exists',
      'user.id_taken',
      'user.uid_taken',
      'created',
      'exists',
    ]);
    expect(items[5]?.id).toBe(items[4]?.id);
  });

  it('200: generated ids step over those that the same batch gives', async () => {
    const [first] = await send([{}]);
    const next = Number(first?.id) + 1;
    const items = await send([{}, { id: next }, { id: next + 1 }, {}]);
    expect(items.map(({ id }) => id)).toEqual([next + 2, next, next + 1, next + 3]);
  });

  it('200: the id and the uid of somebody erased are refused, and hold up no other (I2)', async () => {
    const erased = { id: 751, uid: 'erased' };
    await send([erased]);
    await test.api.call('DELETE', '/api/v1/users/751', { body: { permanent: true } });
    const items = await send([{ id: 751 }, { uid: 'erased' }, { uid: 'erased' }, { id: 752, uid: 'alive' }]);
    expect(items).toEqual([
      { id: 751, uid: null, outcome: 'refused', code: 'user.retired' },
      { id: null, uid: 'erased', outcome: 'refused', code: 'user.retired' },
      { id: null, uid: 'erased', outcome: 'refused', code: 'user.retired' },
      { id: 752, uid: 'alive', outcome: 'created' },
    ]);
    const { body } = await test.api.call('GET', '/api/v1/users?uid=erased');
    expect(body).toMatchObject({ items: [] });
  });

  it('200: imports of the same users at the same time make each of them once (I2)', async () => {
    const users = Array.from({ length: 300 }, (_, index) => ({ id: 20_000 + index, uid: `race-${index}` }));
    const batches = await Promise.all([users, [...users].reverse(), users, users].map(send));
    const created = batches.flat().filter(({ outcome }) => outcome === 'created');
    expect(created).toHaveLength(300);
    expect(new Set(created.map(({ id }) => id)).size).toBe(300);
    expect(batches.flat().filter(({ outcome }) => outcome === 'exists')).toHaveLength(900);
  });

  it('200: leaves an audit record for each, which names fields and no values (I3, I7)', async () => {
    await send([{ id: 801, email: 'secret@example.com' }, { id: 802 }]);
    const records = await rowsOf(test.api.services.database, 'audit_records');
    const about = (id: number) => records.filter(({ target }) => target === `user:${id}`);
    expect(about(801)).toMatchObject([
      { action: 'user.create', actor: 'admin', changed_fields: '["id","email"]' },
    ]);
    expect(about(802)).toHaveLength(1);
    expect(JSON.stringify(records)).not.toContain('secret@example');
  });

  it('400: one user that is none names her place, and nobody is made (I8)', async () => {
    const before = await snapshotOf(test.api.services.database);
    const { status, body } = await test.call('POST', '/api/v1/users/batch', {
      body: { users: [{ id: 901 }, { id: 902, email: 'none' }, { id: 'x' }] },
    });
    expect(status).toBe(400);
    expect(body).toMatchObject({
      errors: [{ pointer: '/body/users/1/email' }, { pointer: '/body/users/2/id' }],
    });
    expect(await snapshotOf(test.api.services.database)).toEqual(before);
  });
});
