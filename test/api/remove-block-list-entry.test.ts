import { addAll, blockListOf, idsOn } from './support/block-lists';
import { describeOperation } from './support/describe-operation';
import { done, newEndpoint, newUser, type ProblemBody } from './support/fixtures';
import { rowsOf, snapshotOf } from './support/tables';

const missing = { path: `${blockListOf(101)}/999`, code: 'user.not_found' };

describeOperation('removeBlockListEntry', { missing }, (test) => {
  const database = () => test.api.services.database;
  const newId = async () => (await newUser(test.api)).id;
  const remove = (ownerId: number, otherId: number) =>
    test.call('DELETE', `${blockListOf(ownerId)}/${otherId}`);
  const refusedAs = async (ownerId: number, otherId: number) => {
    const before = await snapshotOf(database());
    const { status, body } = await remove(ownerId, otherId);
    expect(await snapshotOf(database())).toEqual(before);
    return [status, (body as ProblemBody).code];
  };

  it('204: she is off the list; the opposite direction is untouched', async () => {
    const [owner, other, third] = [await newId(), await newId(), await newId()];
    await addAll(test.api, owner, [other, third]);
    await addAll(test.api, other, [owner]);
    expect((await remove(owner, other)).status).toBe(204);
    expect([await idsOn(test.api, owner), await idsOn(test.api, other)]).toEqual([[third], [owner]]);
    expect((await rowsOf(database(), 'audit_records')).at(-1)).toMatchObject({
      action: 'block_list.remove',
      target: `user:${owner}`,
    });
  });

  it('I4: endpoints that have subscribed are told', async () => {
    const [owner, other] = [await newId(), await newId()];
    const endpoint = await newEndpoint(test.api, ['block_list.removed']);
    await addAll(test.api, owner, [other]);
    await remove(owner, other);
    expect(await rowsOf(database(), 'deliveries')).toMatchObject([
      { target: endpoint.id, event_type: 'block_list.removed', channel: 'webhook' },
    ]);
  });

  it('404: who is not on the list, or no more; nothing changes', async () => {
    const [owner, other] = [await newId(), await newId()];
    expect(await refusedAs(owner, other)).toEqual([404, 'block_list.not_blocked']);
    await addAll(test.api, owner, [other]);
    expect((await remove(owner, other)).status).toBe(204);
    expect(await refusedAs(owner, other)).toEqual([404, 'block_list.not_blocked']);
  });

  it('404: who is deactivated is not shown and not taken off; she is there again once she is reactivated', async () => {
    const [owner, other] = [await newId(), await newId()];
    await addAll(test.api, owner, [other]);
    await done(test.api, 'DELETE', `/api/v1/users/${other}`);
    expect(await refusedAs(owner, other)).toEqual([404, 'user.not_found']);
    await done(test.api, 'POST', `/api/v1/users/${other}/reactivate`);
    expect(await idsOn(test.api, owner)).toEqual([other]);
  });

  it('409: herself; nothing changes', async () => {
    const owner = await newId();
    expect(await refusedAs(owner, owner)).toEqual([409, 'block_list.self']);
  });

  it('400: an id that is none is refused by name (I8)', async () => {
    const { status, body } = await test.call('DELETE', `${blockListOf(101)}/x`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/path/blockedUserId' }] });
  });
});
