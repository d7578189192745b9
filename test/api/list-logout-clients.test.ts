import type { components } from '../../src/http/contract.generated';
import { describeOperation } from './support/describe-operation';
import { newLogoutClient } from './support/fixtures';

type Page = components['schemas']['LogoutClientPage'];

describeOperation('listLogoutClients', {}, (test) => {
  it('200: newest first, page by page', async () => {
    const made: string[] = [];
    for (let count = 0; count < 5; count++) made.push((await newLogoutClient(test.api)).id);
    const seen: string[] = [];
    let next: string | null = null;
    do {
      const query: string = `?limit=2${next === null ? '' : `&cursor=${next}`}`;
      const page: Page = (await test.call('GET', `/api/v1/logout-clients${query}`)).body;
      seen.push(...page.items.map(({ id }) => id));
      next = page.next;
    } while (next !== null);
    expect(seen).toEqual(made.reverse());
  });

  it.each(['page=2', 'limit=0', 'cursor=x'])('400: ?%s names the parameter (I8)', async (query) => {
    const { status, body } = await test.call('GET', `/api/v1/logout-clients?${query}`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: `/query/${query.split('=')[0]}` }] });
  });
});
