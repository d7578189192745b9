import { type BlockLists, createBlockLists } from '../../src/block-lists/block-list-queries';
import { addAll } from '../api/support/block-lists';
import { done, newUser } from '../api/support/fixtures';
import { startTestApi, type TestApi } from '../support/test-api';

let api: TestApi;
let lists: BlockLists;
beforeAll(async () => {
  api = await startTestApi({ LOG_LEVEL: 'silent' });
  lists = createBlockLists(api.services.database);
});
afterAll(() => api.close());

const newId = async () => (await newUser(api)).id;
const shown = ({ items, total }: Awaited<ReturnType<BlockLists['slice']>>) => [
  items.map(({ user }) => user.id),
  total,
];

describe('lists by offset', () => {
  it('are newest first, and tell the total on every page, also on one beyond the end', async () => {
    const [owner, a, b, c] = [await newId(), await newId(), await newId(), await newId()];
    await addAll(api, owner, [a, b, c]);
    expect(shown(await lists.slice(owner, 0, 2))).toEqual([[c, b], 3]);
    expect(shown(await lists.slice(owner, 2, 2))).toEqual([[a], 3]);
    expect(shown(await lists.slice(owner, 9, 2))).toEqual([[], 3]);
    expect(shown(await lists.slice(owner, 0, 0))).toEqual([[], 3]);
    await done(api, 'DELETE', `/api/v1/users/${b}`);
    expect(shown(await lists.slice(owner, 0, 2))).toEqual([[c, a], 2]);
  });

  it('of who has blocked a user: newest first, without those who are deactivated', async () => {
    const [blocked, a, b, c] = [await newId(), await newId(), await newId(), await newId()];
    for (const owner of [a, b, c]) await addAll(api, owner, [blocked]);
    await addAll(api, blocked, [a]);
    expect(shown(await lists.blockersOf(blocked, 0, 2))).toEqual([[c, b], 3]);
    expect(shown(await lists.blockersOf(blocked, 2, 2))).toEqual([[a], 3]);
    await done(api, 'DELETE', `/api/v1/users/${c}`);
    expect(shown(await lists.blockersOf(blocked, 0, 5))).toEqual([[b, a], 2]);
    await done(api, 'DELETE', `/api/v1/users/${blocked}`);
    await expect(lists.blockersOf(blocked, 0, 5)).rejects.toMatchObject({ code: 'user.not_found' });
  });

  it('a list that is empty is another thing than one of nobody', async () => {
    expect(shown(await lists.slice(await newId(), 0, 5))).toEqual([[], 0]);
    await expect(lists.slice(999, 0, 5)).rejects.toMatchObject({ code: 'user.not_found' });
    await expect(lists.page(999, 5, null)).rejects.toMatchObject({ code: 'user.not_found' });
  });

  it('say since when, and of each user when she was created', async () => {
    const [owner, other] = [await newId(), await newUser(api, { firstName: 'Bob' })];
    await addAll(api, owner, [other.id]);
    const { items } = await lists.slice(owner, 0, 1);
    expect(items).toMatchObject([
      { user: { uid: other.uid, firstName: 'Bob', lastName: null, status: 'active' } },
    ]);
    expect(items[0]?.user.createdAt.toISOString()).toBe(other.createdAt);
    expect(Number(items[0]?.blockedAt)).toBeGreaterThanOrEqual(Date.parse(other.createdAt));
    expect(items[0]?.user).not.toHaveProperty('email');
  });
});

describe('the check', () => {
  it('of no pair asks nobody', async () => {
    expect(await lists.check([])).toEqual([]);
  });

  it('sees what was answered before it was asked, however many ask at once', async () => {
    const [owner, other] = [await newId(), await newId()];
    const ask = () => lists.check([{ ownerId: owner, otherId: other }]);
    const earlier = Array.from({ length: 20 }, ask);
    await addAll(api, owner, [other]);
    const answers = await Promise.all(Array.from({ length: 20 }, ask));
    expect(answers.flat().filter(({ blocked }) => !blocked)).toEqual([]);
    await Promise.all(earlier);
  });
});
