import { addAll, blockListOf, type BlockListPageBody, idsOn } from './support/block-lists';
import { describeOperation } from './support/describe-operation';
import { change, done, newUser } from './support/fixtures';

const missing = { path: blockListOf(999), code: 'user.not_found' };

describeOperation('listBlockList', { missing }, (test) => {
  const newUsers = async (count: number): Promise<number[]> => {
    const ids: number[] = [];
    for (let user = 0; user < count; user++) ids.push((await newUser(test.api)).id);
    return ids;
  };
  const list = async (ownerId: number, query = ''): Promise<BlockListPageBody> => {
    const { status, body } = await test.call('GET', `${blockListOf(ownerId)}${query}`);
    expect(status).toBe(200);
    return body;
  };

  it('200: newest first, with what a list needs of each user and no address (I7)', async () => {
    const [owner = 0, suspended = 0] = await newUsers(2);
    const named = await newUser(test.api, { email: 'eve@example.com', firstName: 'Eve', lastName: 'Adams' });
    await change(test.api, 'block', suspended);
    await addAll(test.api, owner, [named.id, suspended]);
    const page = await list(owner);
    expect(page).toMatchObject({ next: null, total: 2 });
    expect(page.items.map(({ userId, status }) => [userId, status])).toEqual([
      [suspended, 'suspended'],
      [named.id, 'active'],
    ]);
    expect(page.items[1]).toEqual({
      userId: named.id,
      uid: named.uid,
      firstName: 'Eve',
      lastName: 'Adams',
      status: 'active',
      blockedAt: page.items[0]?.blockedAt,
    });
  });

  it('200: one direction alone; who was blocked sees nothing of it', async () => {
    const [owner = 0, other = 0] = await newUsers(2);
    await addAll(test.api, owner, [other]);
    expect(await list(other)).toEqual({ items: [], next: null, total: 0 });
  });

  it('200: page by page, each user once, also those of one moment', async () => {
    const [owner = 0, ...others] = await newUsers(8);
    await addAll(test.api, owner, others);
    const seen: number[][] = [];
    let next: string | null = null;
    do {
      const page: BlockListPageBody = await list(owner, `?limit=3${next === null ? '' : `&cursor=${next}`}`);
      expect(page.total).toBe(7);
      seen.push(page.items.map(({ userId }) => userId));
      next = page.next;
    } while (next !== null);
    expect(seen.map((ids) => ids.length)).toEqual([3, 3, 1]);
    expect(seen.flat()).toEqual(others.reverse());
  });

  it('200: a deactivated user is not shown or counted until she is reactivated, in her place; an erased one never', async () => {
    const [owner = 0, first = 0, second = 0, third = 0] = await newUsers(4);
    await addAll(test.api, owner, [first, second, third]);
    await done(test.api, 'DELETE', `/api/v1/users/${second}`);
    expect(await list(owner)).toMatchObject({ items: [{ userId: third }, { userId: first }], total: 2 });
    expect(await list(owner, '?limit=1')).toMatchObject({ items: [{ userId: third }], total: 2 });
    await done(test.api, 'POST', `/api/v1/users/${second}/reactivate`);
    expect(await idsOn(test.api, owner)).toEqual([third, second, first]);
    await done(test.api, 'DELETE', `/api/v1/users/${first}`, { permanent: true });
    expect(await idsOn(test.api, owner)).toEqual([third, second]);
  });

  it('404: a deactivated user has no list, and has it again once she is reactivated', async () => {
    const [owner = 0, other = 0] = await newUsers(2);
    await addAll(test.api, owner, [other]);
    await done(test.api, 'DELETE', `/api/v1/users/${owner}`);
    const { status, body } = await test.call('GET', blockListOf(owner));
    expect([status, (body as { code: string }).code]).toEqual([404, 'user.not_found']);
    await done(test.api, 'POST', `/api/v1/users/${owner}/reactivate`);
    expect(await idsOn(test.api, owner)).toEqual([other]);
  });

  it.each(['limit=0', 'limit=201', 'cursor=bm9uZQ'])('400: %s is refused by name (I8)', async (query) => {
    const { status, body } = await test.call('GET', `${blockListOf(101)}?${query}`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: `/query/${query.split('=')[0]}` }] });
  });
});
