import { toText } from '../../src/database/decode';
import type { components } from '../../src/http/contract.generated';
import { addAll, blockListOf, idsOn } from './support/block-lists';
import { describeOperation } from './support/describe-operation';
import { change, done, newEndpoint, newUser } from './support/fixtures';
import { rowsOf, snapshotOf } from './support/tables';

const missing = { path: blockListOf(999), code: 'user.not_found' };

describeOperation('addToBlockList', { missing }, (test) => {
  const database = () => test.api.services.database;
  const newId = async () => (await newUser(test.api)).id;
  const send = (ownerId: number, userIds: unknown) =>
    test.call('POST', blockListOf(ownerId), { body: { userIds } });

  it('200: an outcome for each, in order; one who is refused holds up no other', async () => {
    const [owner, there, suspended, deactivated] = [
      await newId(),
      await newId(),
      await newId(),
      await newId(),
    ];
    await change(test.api, 'block', suspended);
    await done(test.api, 'DELETE', `/api/v1/users/${deactivated}`);
    await addAll(test.api, owner, [there]);
    const { status, body } = await send(owner, [suspended, 9_007_199_254_740_991, owner, deactivated, there]);
    expect(status).toBe(200);
    expect(body).toEqual({
      items: [
        { userId: suspended, outcome: 'added' },
        { userId: 9_007_199_254_740_991, outcome: 'unknown_user' },
        { userId: owner, outcome: 'self' },
        { userId: deactivated, outcome: 'unknown_user' },
        { userId: there, outcome: 'already_blocked' },
      ],
    });
    expect(await idsOn(test.api, owner)).toEqual([suspended, there]);
  });

  it('200: leaves a record of each who was added, and none of the others; a repeat changes nothing', async () => {
    const [owner, first, second] = [await newId(), await newId(), await newId()];
    await addAll(test.api, owner, [first, owner, second]);
    const records = (await rowsOf(database(), 'audit_records')).filter(
      ({ action }) => action === 'block_list.add',
    );
    expect(records.slice(-2)).toMatchObject([
      { target: `user:${owner}`, outcome: 'done', actor: 'admin' },
      { target: `user:${owner}`, outcome: 'done', actor: 'admin' },
    ]);
    const { body } = await test.api.call(
      'GET',
      `/api/v1/audit-records?userId=${owner}&action=block_list.add`,
    );
    const { items } = body as components['schemas']['AuditRecordPage'];
    expect(items.map(({ values }) => values?.changes)).toEqual([
      [{ field: 'blockedUserId', before: null, after: second }],
      [{ field: 'blockedUserId', before: null, after: first }],
    ]);
    const before = await snapshotOf(database());
    expect(await addAll(test.api, owner, [first, second])).toEqual(['already_blocked', 'already_blocked']);
    expect(await snapshotOf(database())).toEqual(before);
  });

  it('I4, I5: endpoints that have subscribed are told of each, in sequence, and nobody else is', async () => {
    const [owner, first, second] = [
      await newUser(test.api),
      await newUser(test.api),
      await newUser(test.api),
    ];
    await newEndpoint(test.api, ['user.*']);
    await addAll(test.api, owner.id, [first.id]);
    expect(await rowsOf(database(), 'deliveries')).toEqual([]);
    const endpoint = await newEndpoint(test.api, ['block_list.*']);
    await addAll(test.api, owner.id, [first.id, second.id]);
    const deliveries = await rowsOf(database(), 'deliveries');
    expect(deliveries).toMatchObject([
      { channel: 'webhook', target: endpoint.id, event_type: 'block_list.added', state: 'pending' },
    ]);
    const events = (await rowsOf(database(), 'events')).filter(({ user_id: id }) => Number(id) === owner.id);
    expect(events.map(({ payload }) => JSON.parse(toText(payload)) as unknown)).toEqual(
      [first, second].map((other, index) => ({
        type: 'block_list.added',
        timestamp: expect.any(String) as string,
        data: {
          userId: owner.id,
          uid: owner.uid,
          sequence: index + 1,
          epoch: 1,
          blockedUserId: other.id,
          blockedUid: other.uid,
          actor: 'admin',
        },
      })),
    );
    // The next event of hers goes on from there.
    await change(test.api, 'block', owner.id, { body: { triggerWebhook: true } });
    expect((await rowsOf(database(), 'events')).at(-1)).toMatchObject({ type: 'user.blocked' });
    expect(Number((await rowsOf(database(), 'events')).at(-1)?.sequence)).toBe(3);
  });

  it('404: for a deactivated owner; nothing changes', async () => {
    const [owner, other] = [await newId(), await newId()];
    await done(test.api, 'DELETE', `/api/v1/users/${owner}`);
    const before = await snapshotOf(database());
    expect((await send(owner, [other])).status).toBe(404);
    expect(await snapshotOf(database())).toEqual(before);
  });

  it.each([
    ['none', [], '/body/userIds'],
    ['one twice', [102, 102], '/body/userIds'],
    ['101 of them', Array.from({ length: 101 }, (_, index) => index + 1), '/body/userIds'],
    ['an id that is none', [0], '/body/userIds/0'],
    ['a uid', ['ada'], '/body/userIds/0'],
  ])('400: %s; the field is named (I8)', async (_what, userIds, pointer) => {
    const { status, body } = await send(101, userIds);
    expect([status, (body as { errors: { pointer: string }[] }).errors[0]?.pointer]).toEqual([400, pointer]);
  });
});
