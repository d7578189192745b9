import type { components } from '../../src/http/contract.generated';
import { describeOperation } from './support/describe-operation';
import { change, newUser } from './support/fixtures';

type Page = components['schemas']['UserPage'];

describeOperation('listUsers', {}, (test) => {
  const list = async (query: Record<string, string>, token?: string): Promise<Page> => {
    const text = String(new URLSearchParams(query));
    const { status, body } = await test.call('GET', `/api/v1/users?${text}`, { token });
    expect(status).toBe(200);
    return body;
  };
  const ids = ({ items }: Page) => items.map(({ id }) => id);

  it('200: newest first, page by page, each user once, also those of one millisecond', async () => {
    const made: number[] = [];
    for (let batch = 0; batch < 4; batch++) {
      const users = await Promise.all([1, 2, 3].map(() => newUser(test.api, {})));
      made.push(...users.map(({ id }) => id));
    }
    const seen: number[] = [];
    let cursor: string | null = null;
    do {
      const page: Page = await list({ limit: '5', ...(cursor === null ? {} : { cursor }) });
      expect(page.items.length).toBeLessThanOrEqual(5);
      seen.push(...ids(page));
      cursor = page.next;
    } while (cursor !== null);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.sort()).toEqual([101, ...made].sort());
    const { items } = await list({});
    const times = items.map(({ createdAt }) => createdAt);
    expect(times).toEqual([...times].sort().reverse());
  });

  it('200: a page that ends the list has no next', async () => {
    const { items } = await list({ limit: '200' });
    expect((await list({ limit: String(items.length) })).next).toBeNull();
  });

  it('200: finds by uid, byte by byte', async () => {
    const { id } = await newUser(test.api, { uid: "Robert'); DROP TABLE users;--" });
    expect(ids(await list({ uid: "Robert'); DROP TABLE users;--" }))).toEqual([id]);
    expect(ids(await list({ uid: "robert'); DROP TABLE users;--" }))).toEqual([]);
    expect(ids(await list({ uid: '%' }))).toEqual([]);
  });

  it('200: finds by e-mail as a whole, without case', async () => {
    const { id } = await newUser(test.api, { email: 'Grace.Hopper@Navy.example' });
    expect(ids(await list({ email: 'grace.hopper@NAVY.example' }))).toEqual([id]);
    expect(ids(await list({ email: 'hopper@navy.example' }))).toEqual([]);
    expect(ids(await list({ email: '%@navy.example' }))).toEqual([]);
  });

  it('200: finds by status, alone and with others', async () => {
    const [blocked, active] = [await newUser(test.api), await newUser(test.api, { email: 'x@example.com' })];
    await change(test.api, 'block', blocked.id, { body: { suspensionReason: 'Spam' } });
    expect(ids(await list({ status: 'suspended' }))).toEqual([blocked.id]);
    expect(ids(await list({ status: 'active' }))).toContain(active.id);
    expect(ids(await list({ status: 'active' }))).not.toContain(blocked.id);
    expect(ids(await list({ status: 'deactivated' }))).toEqual([]);
    expect(ids(await list({ status: 'suspended', uid: active.uid }))).toEqual([]);
    expect(ids(await list({ status: 'suspended', uid: blocked.uid, email: 'ADA@example.com' }))).toEqual([
      blocked.id,
    ]);
    const reader = await list({ status: 'suspended' }, await test.api.issuer.tokenFor('reader'));
    expect(JSON.stringify(reader)).not.toMatch(/Spam|"actor"/);
  });

  it('400: a cursor that is none (I8)', async () => {
    const { status, body } = await test.call('GET', '/api/v1/users?cursor=abc');
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'pagination.cursor_invalid', errors: [{ pointer: '/query/cursor' }] });
  });
});
