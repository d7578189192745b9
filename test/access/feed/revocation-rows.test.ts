import { readRevocations } from '../../../src/access/feed/revocation-rows';
import { sql } from '../../../src/database/sql';
import { type DeliveryDatabase, openDeliveryDatabase } from '../../events/delivery-fixtures';

const ROWS = 50_000;

let store: DeliveryDatabase;
beforeAll(async () => {
  store = await openDeliveryDatabase();
  const digits = sql`(SELECT 0 AS n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4
    UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)`;
  await store.database.query(sql`INSERT INTO access_revocations (uid, sid, epoch, cause, revoked_at)
    SELECT 'ada', NULL, 1, 'block', ${new Date()} FROM ${digits} a, ${digits} b, ${digits} c, ${digits} d, ${digits} e
    WHERE e.n < 5`);
  await store.database.query(sql`ANALYZE ${isPostgres() ? sql`` : sql`TABLE`} access_revocations`);
});
afterEach(() => jest.restoreAllMocks());
afterAll(() => store.close());

const isPostgres = () => store.database.engine.name === 'postgres';

describe('a read of the feed', () => {
  it('with gaps begins at the first of them, however much came before', async () => {
    const { database } = store;
    const { rows } = await database.query(sql`SELECT MAX(position) AS newest FROM access_revocations`);
    const newest = Number(rows[0]?.newest);
    const reads = jest.spyOn(database, 'queryPrimary');
    const gaps = [
      { first: newest - 40, last: newest - 38 },
      { first: newest - 20, last: newest - 20 },
    ];
    const found = await readRevocations(database, newest - 9, gaps, 100);
    expect(found.rows.map(({ position }) => newest - position)).toEqual([
      40, 39, 38, 20, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0,
    ]);
    const statement = reads.mock.calls[0]?.[0] ?? sql`SELECT 1`;
    const plan = await database.query(
      isPostgres() ? sql`EXPLAIN (ANALYZE, TIMING OFF) ${statement}` : sql`EXPLAIN ${statement}`,
    );
    const text = JSON.stringify(plan.rows);
    if (isPostgres()) {
      expect(text).toContain(`Index Cond: (\\"position\\" >= ${newest - 40})`);
      expect(text).not.toContain('Seq Scan');
    } else {
      expect(plan.rows[0]).toMatchObject({ key: 'PRIMARY', type: 'range' });
      expect(Number(plan.rows[0]?.rows)).toBeLessThan(ROWS / 100);
    }
  });
});
