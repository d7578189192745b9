import type { components } from '../../src/http/contract.generated';
import { describeOperation } from './support/describe-operation';
import { change, newSession, newUser } from './support/fixtures';

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

  describe('by offset', () => {
    type OffsetPage = components['schemas']['UserOffsetPage'];
    const listed = async (query: Record<string, string>): Promise<OffsetPage> =>
      (await list(query)) as unknown as OffsetPage;

    it('200: answers as Guardhouse does, with the total of what the filters let through', async () => {
      const { id } = await newUser(test.api, {
        email: 'Offset.One@paged.example',
        firstName: 'One',
        lastName: 'A',
      });
      const session = await newSession(test.api, id);
      const two = await newUser(test.api, { email: 'offset.two@paged.example' });
      await change(test.api, 'block', two.id);
      const { total, users } = await listed({ offset: '0', email: 'SET.ONE@paged' });
      expect({ total, users }).toEqual({
        total: 1,
        users: [
          {
            id,
            firstName: 'One',
            lastName: 'A',
            email: 'Offset.One@paged.example',
            roles: [],
            permissions: [],
            lastLogin: session.createdAt,
            status: 'active',
            isSuspended: false,
            isLocked: false,
            avatarUrl: null,
          },
        ],
      });
      expect(await listed({ pageSize: '1', email: '@PAGED.' })).toMatchObject({
        total: 2,
        users: [{ id: two.id, status: 'suspended', isSuspended: true, lastLogin: null }],
      });
      expect(await listed({ pageSize: '1', offset: '1', email: '@paged.' })).toMatchObject({
        total: 2,
        users: [{ id }],
      });
      expect(await listed({ pageSize: '5', status: 'suspended', uid: two.uid })).toMatchObject({ total: 1 });
    });

    it('200: a part of an address is text: no character of it means anything else', async () => {
      await newUser(test.api, { email: "per%cent_o'neil@pattern.example" });
      for (const part of ['r%c', 't_o', "o'n"]) {
        expect((await listed({ offset: '0', email: part })).total).toBe(1);
      }
      for (const part of ['p%r', 'per_cent', '\\'])
        expect((await listed({ offset: '0', email: part })).total).toBe(0);
    });

    it('200: the pages of an order follow each other, newest first, and each tells the same total', async () => {
      const all = ids(await list({ limit: '200' }));
      const seen: number[] = [];
      for (let offset = 0; offset <= all.length; offset += 3) {
        const { total, users } = await listed({ pageSize: '3', offset: String(offset) });
        expect(total).toBe(all.length);
        seen.push(...users.map(({ id }) => id));
      }
      expect(seen).toEqual(all);
    });

    it('200: negatives count as 0; beyond the end the total is told all the same', async () => {
      const all = ids(await list({ limit: '200' }));
      expect(await listed({ pageSize: '-1' })).toEqual({ total: all.length, users: [] });
      expect((await listed({ offset: '-5', pageSize: '1' })).users.map(({ id }) => id)).toEqual([all[0]]);
      expect(await listed({ offset: '100000' })).toEqual({ total: all.length, users: [] });
      expect(await listed({ offset: '0', email: 'nobody@' })).toEqual({ total: 0, users: [] });
    });

    it.each([
      ['pageSize=201', '/query/pageSize'],
      ['pageSize=x', '/query/pageSize'],
      ['offset=1.5', '/query/offset'],
      ['offset=0&cursor=abc', '/query/cursor'],
      ['offset=0&email=%00', '/query/email'],
      ['email=ada', '/query/email'],
    ])('400: %s (I8)', async (query, pointer) => {
      const { status, body } = await test.call('GET', `/api/v1/users?${query}`);
      expect(status).toBe(400);
      expect(body).toMatchObject({ errors: [{ pointer }] });
    });
  });

  it('400: a cursor that is none (I8)', async () => {
    const { status, body } = await test.call('GET', '/api/v1/users?cursor=abc');
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'pagination.cursor_invalid', errors: [{ pointer: '/query/cursor' }] });
  });
});
