import type { components } from '../../src/http/contract.generated';
import { describeOperation } from './support/describe-operation';
import { change, clientToken, newUser } from './support/fixtures';

type Page = components['schemas']['SuspensionPage'];

describeOperation('listSuspensions', {}, (test) => {
  const list = async (query: Record<string, string>, token?: string): Promise<Page> => {
    const text = String(new URLSearchParams(query));
    const { status, body } = await test.call('GET', `/api/v1/suspensions?${text}`, { token });
    expect(status).toBe(200);
    return body;
  };
  const usersOf = ({ items }: Page) => items.map(({ userId }) => userId);

  it('200: who is suspended at this moment, and who was', async () => {
    const [blocked, freed] = [await newUser(test.api), await newUser(test.api)];
    await change(test.api, 'block', blocked.id, { body: { category: 'legal' } });
    await change(test.api, 'block', freed.id, { body: { category: 'legal' } });
    await change(test.api, 'unblock', freed.id);
    expect(usersOf(await list({ category: 'legal' }))).toEqual([freed.id, blocked.id]);
    expect(usersOf(await list({ category: 'legal', open: 'true' }))).toEqual([blocked.id]);
    expect(usersOf(await list({ category: 'legal', open: 'false' }))).toEqual([freed.id]);
  });

  it('200: one whose time has run out is over, before anybody has closed it', async () => {
    const { id } = await newUser(test.api);
    const blockedUntil = new Date(Date.now() + 3_600_000).toISOString();
    await change(test.api, 'block', id, { body: { category: 'offboarding', blockedUntil } });
    expect(usersOf(await list({ category: 'offboarding', open: 'true' }))).toEqual([id]);
    test.api.clock.shiftMs = 2 * 3_600_000;
    const open = await list({ category: 'offboarding', open: 'true' });
    const over = await list({ category: 'offboarding', open: 'false' });
    const { body: user } = await test.call('GET', `/api/v1/users/${id}`);
    test.api.clock.shiftMs = 0;
    expect(open.items).toEqual([]);
    expect(over.items).toMatchObject([{ userId: id, endedAt: blockedUntil, endCause: 'expired' }]);
    expect(user).toMatchObject({ status: 'active', isSuspended: false, suspension: null });
  });

  it('200: from and to bound the time of the block, the one included and the other not', async () => {
    const { id } = await newUser(test.api);
    await change(test.api, 'block', id, { body: { category: 'abuse' } });
    const [{ blockedAt } = { blockedAt: '' }] = (await list({ category: 'abuse' })).items;
    expect(usersOf(await list({ category: 'abuse', from: blockedAt }))).toEqual([id]);
    expect(usersOf(await list({ category: 'abuse', to: blockedAt }))).toEqual([]);
  });

  it('200: a time as people write it into a URL, its colons not encoded', async () => {
    const { status } = await test.call('GET', '/api/v1/suspensions?from=2026-11-21T16:00:00Z');
    expect(status).toBe(200);
  });

  it('200: page by page, each once', async () => {
    const made: number[] = [];
    for (let n = 0; n < 5; n++) {
      const { id } = await newUser(test.api);
      await change(test.api, 'block', id, { body: { category: 'other' } });
      made.unshift(id);
    }
    const first = await list({ category: 'other', limit: '2' });
    const second = await list({ category: 'other', limit: '3', cursor: first.next ?? '' });
    expect([...usersOf(first), ...usersOf(second)]).toEqual(made);
  });

  it('403: users:read cannot find a category out by asking for it (I7)', async () => {
    const token = await clientToken(test.api, 'users:read');
    const { status, body } = await test.call('GET', '/api/v1/suspensions?category=fraud', { token });
    expect([status, body]).toMatchObject([403, { code: 'auth.insufficient_scope' }]);
    const { items } = await list({}, token);
    expect(items.filter((item) => 'category' in item || 'reason' in item || 'actor' in item)).toEqual([]);
  });

  it.each([
    ['from=2026-02-30T00:00:00Z', '/query/from'],
    ['to=9999-01-01T00:00:00Z', '/query/to'],
    ['open=maybe', '/query/open'],
    ['category=nonsense', '/query/category'],
    ['limit=0', '/query/limit'],
  ])('400: %s names the parameter (I8)', async (query, pointer) => {
    const { status, body } = await test.call('GET', `/api/v1/suspensions?${query}`);
    expect([status, body]).toMatchObject([400, { errors: [{ pointer }] }]);
  });
});
