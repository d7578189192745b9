import { sql, type Statement } from '../../src/database/sql';
import { listNamedUsers, type NamedUserFilter } from '../../src/users/list-named-users';
import { done, newUser } from '../api/support/fixtures';
import { startTestApi, type TestApi } from '../support/test-api';

const USERS = 11;
const LIMIT = 2;
const COUNT_AHEAD = 3;
const SEARCHED = 5;

let api: TestApi;
/** The newest first. */
const uids: string[] = [];
beforeAll(async () => {
  api = await startTestApi();
  for (let at = 0; at < USERS; at++) {
    const name = { firstName: 'Ada', email: `Ada.${at}@example.com` };
    uids.unshift((await newUser(api, name)).uid);
  }
});
afterEach(() => jest.restoreAllMocks());
afterAll(() => api.close());

const pageAt = async (offset: number, filter: Partial<NamedUserFilter> = {}) => {
  const { users, total } = await listNamedUsers(
    api.services.database,
    { deactivated: 'without', which: sql`TRUE`, ...filter },
    { limit: LIMIT, offset, countAhead: COUNT_AHEAD, searched: SEARCHED },
  );
  return { uids: users.map(({ uid }) => uid), total };
};

describe('a page of named users', () => {
  it('is told a total that costs no more than what is counted ahead of it', async () => {
    const totals = await Promise.all([0, 2, 4, 6, 8, 10].map(async (offset) => (await pageAt(offset)).total));
    expect(totals).toEqual([5, 7, 9, 11, 11, 11]);
    expect((await pageAt(USERS + 1)).total).toBe(USERS);
  });

  it('leads to the next while there is one: who goes on as long as the total says meets everybody', async () => {
    const met: string[] = [];
    for (let offset = 0, total = 1; offset < total; offset += LIMIT) {
      const page = await pageAt(offset);
      met.push(...page.uids);
      total = page.total;
    }
    expect(met).toEqual(uids);
  });
});

describe('a search', () => {
  it('looks at the newest alone, and its total counts whom its pages show', async () => {
    const pages = await Promise.all([0, 2, 4, 6].map((offset) => pageAt(offset, { search: 'ada' })));
    expect(pages).toEqual([
      { uids: uids.slice(0, 2), total: SEARCHED },
      { uids: uids.slice(2, 4), total: SEARCHED },
      { uids: uids.slice(4, 5), total: SEARCHED },
      { uids: [], total: SEARCHED },
    ]);
  });

  it('looks at everybody where there are no more', async () => {
    const { database } = api.services;
    const filter: NamedUserFilter = { deactivated: 'without', which: sql`TRUE`, search: 'ada' };
    for (const searched of [USERS - 1, USERS]) {
      const { total } = await listNamedUsers(database, filter, {
        ...{ limit: USERS, offset: 0, countAhead: 0 },
        searched,
      });
      expect(total).toBe(searched);
    }
  });

  it('finds the others by the whole uid or address, each once', async () => {
    const oldest = uids.slice(-1);
    expect(await pageAt(0, { search: uids.at(-1) })).toEqual({ uids: oldest, total: 1 });
    expect(await pageAt(0, { search: uids.at(-1)?.toUpperCase() })).toEqual({ uids: oldest, total: 1 });
    expect(await pageAt(0, { search: 'ADA.0@example.com' })).toEqual({ uids: oldest, total: 1 });
    expect(await pageAt(0, { search: 'da.0@example.com' })).toEqual({ uids: [], total: 0 });
    const both = await newUser(api, { uid: 'both@example.com', email: 'both@example.com' });
    uids.unshift(both.uid);
    for (let more = 0; more < SEARCHED; more++) uids.unshift((await newUser(api, {})).uid);
    expect(await pageAt(0, { search: 'both@example.com' })).toEqual({ uids: [both.uid], total: 1 });
    const named = { search: 'both@example.com', which: sql`u.uid <> ${both.uid}` };
    expect(await pageAt(0, named)).toEqual({ uids: [], total: 0 });
  });
});

describe('deactivated users alone', () => {
  /** In the order in which they are deactivated, which is not that of their making. */
  const gone: string[] = [];
  beforeAll(async () => {
    for (const at of [1, 7, 4, 9, 2, 6]) {
      const uid = String(uids[at]);
      const found = await api.services.database.query(sql`SELECT id FROM users WHERE uid = ${uid}`);
      await done(api, 'DELETE', `/api/v1/users/${Number(found.rows[0]?.id)}`);
      gone.unshift(uid);
    }
  });

  it('are listed with the last deactivated first', async () => {
    expect(await pageAt(0, { deactivated: 'only' })).toEqual({ uids: gone.slice(0, 2), total: 5 });
    expect(await pageAt(2, { deactivated: 'only' })).toEqual({ uids: gone.slice(2, 4), total: 6 });
    expect(await pageAt(4, { deactivated: 'only' })).toEqual({ uids: gone.slice(4), total: 6 });
  });

  it('are searched from the last deactivated on', async () => {
    const first = gone.at(-1);
    const met = [0, 2, 4].map((offset) => pageAt(offset, { deactivated: 'only', search: '-' }));
    expect((await Promise.all(met)).flatMap((page) => page.uids)).toEqual(gone.slice(0, SEARCHED));
    expect(await pageAt(0, { deactivated: 'only', search: first })).toEqual({ uids: [first], total: 1 });
  });
});

describe('in a large table', () => {
  const MORE = 10_000;
  beforeAll(async () => {
    const { database } = api.services;
    const digits = sql`(SELECT 0 AS n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4
      UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)`;
    const numbers = sql`SELECT 1000 * a.n + 100 * b.n + 10 * c.n + d.n + 1 AS n
      FROM ${digits} a, ${digits} b, ${digits} c, ${digits} d`;
    await database.query(sql`INSERT INTO users (id, uid, email_key, suspended, access_epoch, event_sequence, version,
      created_at, updated_at) SELECT n, CONCAT('more-', n), CONCAT(n, '@example.com'), FALSE, 1, 0, 1, ${new Date(0)}, ${new Date(0)}
      FROM (${numbers}) numbers`);
    await database.query(sql`ANALYZE ${isPostgres() ? sql`` : sql`TABLE`} users`);
  });

  const isPostgres = () => api.services.database.engine.name === 'postgres';

  /** How each statement would read what it reads of the table. */
  async function plansOf(filter: Partial<NamedUserFilter>, offset = 0): Promise<string[]> {
    const { database } = api.services;
    const query = jest.spyOn(database, 'query');
    await pageAt(offset, filter);
    const statements = query.mock.calls.map(([statement]) => statement);
    query.mockRestore();
    return Promise.all(statements.map(planOf));
  }

  async function planOf(statement: Statement): Promise<string> {
    const { rows } = await api.services.database.query(sql`EXPLAIN ${statement}`);
    if (isPostgres()) return rows.map((row) => String(row['QUERY PLAN'])).join('\n');
    // What begins with `<` is no table, but what came of another line.
    const ofTable = rows.filter(({ table }) => typeof table === 'string' && !table.startsWith('<'));
    const readsAll = ofTable.some(({ type, rows: read }) => type === 'ALL' || Number(read) > MORE / 10);
    return [...ofTable.map(({ key }) => String(key)), ...(readsAll ? ['Seq Scan'] : [])].join('\n');
  }

  it.each<[string, Partial<NamedUserFilter>, string]>([
    ['deactivated users', { deactivated: 'only' }, 'users_deactivated'],
    ['a search among them', { deactivated: 'only', search: 'nobody' }, 'users_deactivated'],
    ['a search', { search: 'nobody' }, 'users_created'],
  ])('%s: read by an index, and nobody besides', async (_what, filter, index) => {
    const plans = await plansOf(filter);
    expect(plans.length).toBeGreaterThan(0);
    for (const plan of plans) {
      expect(plan).toContain(index);
      expect(plan).not.toContain('Seq Scan');
    }
  });

  it('who is not deactivated is not looked up by the index of who is, which has them in no order', async () => {
    const plans = await plansOf({ which: sql`LOWER(u.uid) <> ''` }, MORE / 2);
    expect(plans.length).toBeGreaterThan(0);
    expect(plans.join()).not.toContain('users_deactivated');
  });
});
