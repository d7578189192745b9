import { newUser } from '../api/support/fixtures';
import { snapshotOf } from '../api/support/tables';
import { startTestApi, type TestApi } from '../support/test-api';

describe('ETag and If-Match: nobody overwrites what she has not seen', () => {
  let api: TestApi;
  let userId: number;
  beforeAll(async () => {
    api = await startTestApi();
  });
  beforeEach(async () => {
    userId = (await newUser(api)).id;
  });
  afterEach(() => {
    api.clock.shiftMs = 0;
  });
  afterAll(() => api.close());

  const tag = async () => (await api.call('GET', `/api/v1/users/${userId}`)).headers.get('etag') ?? '';
  const change = (action: 'block' | 'unblock', ifMatch?: string, body: unknown = {}) =>
    api.call('PATCH', `/api/v1/users/${userId}/${action}`, {
      body,
      headers: ifMatch === undefined ? {} : { 'if-match': ifMatch },
    });

  it('the tag of a new user, of a block and of an unblock is the one that reading her gives', async () => {
    const created = await api.call('POST', '/api/v1/users', { body: {} });
    ({ id: userId } = created.body);
    expect(created.headers.get('etag')).toBe(await tag());
    expect((await change('block')).headers.get('etag')).toBe(await tag());
    expect((await change('block')).headers.get('etag')).toBe(await tag());
    const until = { blockedUntil: new Date(Date.now() + 3_600_000).toISOString() };
    expect((await change('block', undefined, until)).headers.get('etag')).toBe(await tag());
    expect((await change('unblock')).headers.get('etag')).toBe(await tag());
    expect((await change('unblock')).headers.get('etag')).toBe(await tag());
  });

  it('every change gives another tag, and what is read twice the same', async () => {
    const tags = [await tag()];
    for (const action of ['block', 'block', 'unblock', 'unblock'] as const) {
      await change(action);
      tags.push(await tag());
    }
    expect(new Set(tags).size).toBe(5);
    expect(await tag()).toBe(tags.at(-1));
    for (const one of tags) expect(one).toMatch(/^"[^"]+"$/);
  });

  it('412 for a state that is over, and nothing changes; done for the present one', async () => {
    const read = await tag();
    await change('block');
    const before = await snapshotOf(api.services.database);
    for (const action of ['block', 'unblock'] as const) {
      const { status, body } = await change(action, read);
      expect([status, body]).toEqual([412, expect.objectContaining({ code: 'precondition.failed' })]);
    }
    expect(await snapshotOf(api.services.database)).toEqual(before);
    expect((await change('unblock', `"other", ${await tag()}`)).status).toBe(204);
    expect((await change('block', '*')).status).toBe(204);
    expect((await change('block', `W/${await tag()}`)).status).toBe(412);
  });

  it('404 comes before 412, and a refusal of the block too (RFC 9110, section 13.2.1)', async () => {
    const headers = { 'if-match': '"stale"' };
    expect((await api.call('PATCH', '/api/v1/users/404404/block', { headers })).status).toBe(404);
    expect((await change('block', '"stale"', { blockedByUserId: userId })).status).toBe(409);
  });

  it('of two who have read the same, one wins', async () => {
    const read = await tag();
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_each, index) =>
        change('block', read, { suspensionReason: `reason ${index}` }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([
      204,
      ...Array.from({ length: 7 }, () => 412),
    ]);
  });

  it('the end of a suspension by itself is a change, before and after it is closed', async () => {
    await change('block', undefined, { blockedUntil: new Date(Date.now() + 60_000).toISOString() });
    const blocked = await tag();
    api.clock.shiftMs = 120_000;
    const ranOut = await tag();
    expect(ranOut).not.toBe(blocked);
    expect((await change('block', blocked)).status).toBe(412);
    expect((await change('block', ranOut)).status).toBe(204);
  });

  it('400: what is no entity tag names the header (I8)', async () => {
    const { status, body } = await change('block', 'abc');
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/headers/if-match' }] });
  });

  it('a suspension has a tag, another one once it is over', async () => {
    await change('block');
    const { body } = await api.call('GET', `/api/v1/users/${userId}/suspensions`);
    const path = `/api/v1/suspensions/${(body as { items: [{ id: string }] }).items[0].id}`;
    const open = (await api.call('GET', path)).headers.get('etag');
    expect((await api.call('GET', path)).headers.get('etag')).toBe(open);
    await change('unblock');
    const over = (await api.call('GET', path)).headers.get('etag');
    expect([open, over].map((one) => /^"[^"]+"$/.test(one ?? ''))).toEqual([true, true]);
    expect(over).not.toBe(open);
  });
});
