import { sql } from '../../src/database/sql';
import { listNamedUsers } from '../../src/users/named-users';
import { newUser } from '../api/support/fixtures';
import { startTestApi, type TestApi } from '../support/test-api';

const USERS = 11;
const LIMIT = 2;
const COUNT_AHEAD = 3;

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  for (let at = 0; at < USERS; at++) await newUser(api, {});
});
afterAll(() => api.close());

const pageAt = (offset: number) =>
  listNamedUsers(
    api.services.database,
    { deactivated: 'without', which: sql`TRUE` },
    { limit: LIMIT, offset, countAhead: COUNT_AHEAD },
  );

describe('a page of named users', () => {
  it('is told a total that costs no more than what is counted ahead of it', async () => {
    const totals = await Promise.all([0, 2, 4, 6, 8, 10].map(async (offset) => (await pageAt(offset)).total));
    expect(totals).toEqual([5, 7, 9, 11, 11, 11]);
    expect((await pageAt(USERS + 1)).total).toBe(USERS);
  });

  it('leads to the next while there is one: who goes on as long as the total says meets everybody', async () => {
    const met = new Set<number>();
    for (let offset = 0, total = 1; offset < total; offset += LIMIT) {
      const page = await pageAt(offset);
      page.users.forEach(({ id }) => met.add(id));
      total = page.total;
    }
    expect(met.size).toBe(USERS);
  });
});
