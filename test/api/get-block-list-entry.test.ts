import { addAll, blockListOf } from './support/block-lists';
import { describeOperation } from './support/describe-operation';
import { done, newUser, type ProblemBody } from './support/fixtures';

const missing = { path: `${blockListOf(101)}/999`, code: 'block_list.not_blocked' };

describeOperation('getBlockListEntry', { missing }, (test) => {
  const newId = async () => (await newUser(test.api)).id;
  const get = (ownerId: number, otherId: number) => test.call('GET', `${blockListOf(ownerId)}/${otherId}`);

  it('200: since when she is on the list', async () => {
    const [owner, other] = [await newUser(test.api), await newUser(test.api, { firstName: 'Bob' })];
    await addAll(test.api, owner.id, [other.id]);
    const { status, body } = await get(owner.id, other.id);
    expect(status).toBe(200);
    expect(body).toMatchObject({ userId: other.id, uid: other.uid, firstName: 'Bob', status: 'active' });
    const { body: list } = await test.api.call('GET', blockListOf(owner.id));
    expect((list as { items: unknown[] }).items).toEqual([body]);
  });

  it('404: for who is on the list but deactivated, and the other way round', async () => {
    const [owner, other] = [await newId(), await newId()];
    await addAll(test.api, owner, [other]);
    expect((await get(other, owner)).status).toBe(404);
    await done(test.api, 'DELETE', `/api/v1/users/${other}`);
    const { status, body } = await get(owner, other);
    expect([status, (body as ProblemBody).code]).toEqual([404, 'block_list.not_blocked']);
  });

  it('404: of an owner who is not there', async () => {
    const { body } = await get(999, 101);
    expect((body as ProblemBody).code).toBe('user.not_found');
  });

  it('400: an id that is none is refused by name (I8)', async () => {
    const { status, body } = await test.call('GET', `${blockListOf(101)}/0`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/path/blockedUserId' }] });
  });
});
