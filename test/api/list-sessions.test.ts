import type { components } from '../../src/http/contract.generated';
import { describeOperation } from './support/describe-operation';
import { change, newSession, newUser } from './support/fixtures';

type Page = components['schemas']['SessionPage'];

const missing = { path: '/api/v1/users/102/sessions', code: 'user.not_found' };

describeOperation('listSessions', { missing }, (test) => {
  const list = async (id: number, query = ''): Promise<Page> =>
    (await test.call('GET', `/api/v1/users/${id}/sessions${query}`)).body;

  it("200: the user's own, the dead ones too, and each says whether it is alive", async () => {
    const [ada, bob] = [await newUser(test.api), await newUser(test.api)];
    const old = await newSession(test.api, ada.id);
    await newSession(test.api, bob.id);
    await change(test.api, 'block', ada.id);
    await change(test.api, 'unblock', ada.id);
    const fresh = await newSession(test.api, ada.id);
    const { items } = await list(ada.id);
    expect(items.map(({ sessionId, active }) => [sessionId, active])).toEqual([
      [fresh.sessionId, true],
      [old.sessionId, false],
    ]);
  });

  it('200: page by page, each session once, also those of one millisecond', async () => {
    const { id } = await newUser(test.api);
    const made = await Promise.all(Array.from({ length: 7 }, () => newSession(test.api, id)));
    const seen: string[] = [];
    let next: string | null = null;
    do {
      const page = await list(id, `?limit=2${next === null ? '' : `&cursor=${next}`}`);
      seen.push(...page.items.map(({ sessionId }) => sessionId));
      next = page.next;
    } while (next !== null);
    expect(seen.sort()).toEqual(made.map(({ sessionId }) => sessionId).sort());
  });

  it('200: a user without sessions has an empty list', async () => {
    expect(await list((await newUser(test.api)).id)).toEqual({ items: [], next: null });
  });

  it('400: a limit of 0 names it (I8)', async () => {
    const { status, body } = await test.call('GET', '/api/v1/users/101/sessions?limit=0');
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/query/limit' }] });
  });
});
