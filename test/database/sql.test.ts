import { toBoolean, toTime, toUuid } from '../../src/database/decode';
import { allOf, commaSeparated, fromNow, sql, type SqlValue } from '../../src/database/sql';
import { newUuid, Uuid } from '../../src/database/uuid';
import { TABLES } from '../api/support/tables';
import { type OpenDatabase, openDatabase } from './support/open-database';

let open: OpenDatabase;
beforeAll(async () => {
  open = await openDatabase();
});
afterAll(() => open.close());

/** Writes a payload and reads it back. */
async function roundTrip(text: string): Promise<unknown> {
  const id = new Uuid(newUuid());
  await open.database.query(sql`INSERT INTO events (id, type, schema_version, payload, occurred_at)
    VALUES (${id}, 'user.blocked', 1, ${text}, ${new Date()})`);
  const { rows } = await open.database.query(sql`SELECT payload FROM events WHERE id = ${id}`);
  return rows[0]?.payload;
}

const read = async (value: SqlValue) =>
  (await open.database.query(sql`SELECT ${value} AS value`)).rows[0]?.value;

const HOSTILE = [
  `'`,
  `''`,
  `"`,
  '`',
  `\\`,
  `\\'`,
  `\\\\'`,
  `'; DROP TABLE users; --`,
  `\\'; DROP TABLE users; --`,
  `' OR 1=1 #`,
  `x' /*`,
  `*/ --`,
  '$1 $$ $a$ :name ? ?? %s ${x}',
  '\n\r\t\b\u001a\u007f',
  'Übergriff — “quoted” — ‘so’',
  '😀👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  'e\u0301 é',
  '\u2028\u2029\ufeff\u202e',
  '縗誠\u5c5c¥\\',
  ' padded ',
  "E'\\x'",
  'x'.repeat(70_000),
  '',
];

describe('a value in a statement', () => {
  it.each(HOSTILE.map((text) => [text.slice(0, 40), text]))(
    'is stored and read back as it is: %j',
    async (_, text) => {
      expect(await roundTrip(text)).toBe(text);
      expect(await read(text)).toBe(text);
    },
  );

  it('is found byte by byte', async () => {
    for (const [index, text] of HOSTILE.filter((text) => text.length < 90).entries()) {
      const now = new Date();
      await open.database
        .query(sql`INSERT INTO sessions (sid, user_id, client_id, epoch, created_at, expires_at)
        VALUES (${text}, ${index}, ${text}, 1, ${now}, ${now})`);
      const { rows } = await open.database.query(sql`SELECT user_id FROM sessions WHERE sid = ${text}`);
      expect(rows.map(({ user_id }) => Number(user_id))).toEqual([index]);
    }
  });

  it('with a NUL never becomes another value: PostgreSQL refuses it, MySQL keeps it', async () => {
    const stored = await roundTrip(`a\u0000'; DROP TABLE users; --`).catch(() => 'refused');
    expect(stored).toBe(open.database.engine.name === 'mysql' ? `a\u0000'; DROP TABLE users; --` : 'refused');
  });

  it('does not become text: every table is still there', async () => {
    const own = open.database.engine.name === 'mysql' ? sql`DATABASE()` : sql`'public'`;
    const { rows } = await open.database.query(
      sql`SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ${own}`,
    );
    const names = rows.map(({ name }) => name as string).sort();
    // The counts of the rate limits change with each request, and say nothing about anybody.
    const ours = names.filter((name) => name !== 'rate_limits');
    expect(ours).toEqual([...TABLES, 'migrations'].sort());
  });

  it('keeps numbers, booleans, nothing, times and ids', async () => {
    expect(Number(await read(2 ** 53 - 1))).toBe(2 ** 53 - 1);
    expect(toBoolean(await read(true))).toBe(true);
    expect(toBoolean(await read(false))).toBe(false);
    expect(await read(null)).toBeNull();
    const now = new Date('2026-11-21T11:25:19.853Z');
    const id = newUuid();
    const { rows } = await open.database.transaction(async (tx) => {
      tx.write(sql`INSERT INTO deliveries (id, event_id, channel, target, state, attempts, next_attempt_at, created_at)
        VALUES (${new Uuid(id)}, ${new Uuid(id)}, 'email', '1', 'pending', 0, ${now}, ${now})`);
      const [rows] = await tx.read(
        sql`SELECT id, created_at, lease_until FROM deliveries WHERE id = ${new Uuid(id.toUpperCase())}`,
      );
      return { rows };
    });
    expect(toUuid(rows[0]?.id)).toBe(id);
    expect(toTime(rows[0]?.created_at)).toEqual(now);
    expect(rows[0]?.lease_until).toBeNull();
  });

  it('is no UUID unless it is one', () => {
    for (const text of ['', "x'", `${newUuid()}'`, newUuid().replaceAll('-', '')]) {
      expect(() => new Uuid(text)).toThrow(TypeError);
    }
  });
});

describe('statements in statements', () => {
  it('keep their values in order', async () => {
    const inner = sql`${1} + ${sql`${2} * ${3}`}`;
    const { rows } = await open.database.query(
      sql`SELECT ${inner} AS a, ${'x'} AS b, (${inner}) * ${10} AS c`,
    );
    expect(rows.map(({ a, b, c }) => [Number(a), b, Number(c)])).toEqual([[7, 'x', 70]]);
  });

  it('make lists, and refuse an empty one before the server sees it', async () => {
    const { rows } = await open.database.query(
      sql`SELECT ${3} IN (${commaSeparated([1, 2, 3])}) AS yes, ${"'"} IN (${commaSeparated(["''"])}) AS no`,
    );
    expect([toBoolean(rows[0]?.yes), toBoolean(rows[0]?.no)]).toEqual([true, false]);
    expect(() => commaSeparated([])).toThrow(RangeError);
  });

  it('make conditions: all of none is true', async () => {
    const row = sql`SELECT 'users' AS name, 1 AS next_value`;
    const count = async (...conditions: Parameters<typeof allOf>[0]) =>
      (await open.database.query(sql`SELECT name FROM (${row}) it WHERE ${allOf(conditions)}`)).rows.length;
    expect(await count()).toBe(1);
    expect(await count(sql`name = ${'users'}`, sql`next_value > ${0}`)).toBe(1);
    expect(await count(sql`name = ${'users'}`, sql`next_value < ${0}`)).toBe(0);
  });
});

describe('the clock of the database', () => {
  afterEach(() => {
    open.clock.shiftMs = 0;
  });

  it.each([0, 1, -1, 999, -90_000, 86_400_000 * 400])('is %i ms from now, to the millisecond', async (ms) => {
    const { rows } = await open.database.query(sql`SELECT ${fromNow(0)} AS now, ${fromNow(ms)} AS later`);
    // PostgreSQL reads its clock for each; MySQL once a statement.
    const apart = toTime(rows[0]?.later).getTime() - toTime(rows[0]?.now).getTime() - ms;
    expect(apart).toBeGreaterThanOrEqual(0);
    expect(apart).toBeLessThan(50);
    expect(Math.abs(toTime(rows[0]?.now).getTime() - Date.now())).toBeLessThan(5_000);
  });

  it('is shifted for one process alone', async () => {
    open.clock.shiftMs = 3_600_000;
    const { rows } = await open.database.query(sql`SELECT ${fromNow(0)} AS now`);
    expect(toTime(rows[0]?.now).getTime() - Date.now()).toBeGreaterThan(3_590_000);
  });
});
