import type { Topic } from '../wakeups/wakeups';
import type { Keyring } from './keyring';
import { Uuid } from './uuid';

export type EngineName = 'mysql' | 'postgres';

/** Words that the engines spell differently; the text is chosen when a statement is rendered. */
export class EngineFragment {
  constructor(readonly spelling: Record<EngineName, (clock: Clock) => string>) {}
}

/** How far the database's clock is shifted, in milliseconds; only tests shift it. */
export interface Clock {
  shiftMs: number;
}

export type SqlValue = string | number | boolean | Date | null | Uuid;

/** A value that the installation's keys make when its statement is rendered: who writes it needs to hold none. */
export class KeyedValue {
  constructor(readonly make: (keyring: Keyring) => SqlValue) {}
}

type Value = SqlValue | EngineFragment | KeyedValue;
type Part = Value | Statement;

/** A statement whose values are kept apart from its text until an engine's own escaping joins them. */
export class Statement {
  constructor(
    readonly text: readonly string[],
    readonly values: readonly Value[],
    /** What is announced once the transaction that wrote it has committed. */
    readonly topic: Topic | null = null,
  ) {}
}

/** The same statement for a transaction that wakes those who wait for such rows, after its commit. It is not to be spliced. */
export const announcing = (topic: Topic, { text, values }: Statement): Statement =>
  new Statement(text, values, topic);

/**
 * Tagged template for statements: every `${value}` is a value, never text. Nested statements are spliced in.
 * Values are escaped by the engine's writer (`engines/`), so a statement cannot be injected into.
 */
export function sql(strings: TemplateStringsArray, ...parts: Part[]): Statement {
  return compose(strings, parts);
}

/** Splices `parts` between `strings`, of which there is one more. Its cost grows with their number, not faster. */
function compose(strings: readonly string[], parts: readonly Part[]): Statement {
  const text: string[] = [strings[0] ?? ''];
  const values: Value[] = [];
  const appendText = (more: string) => text.push((text.pop() ?? '') + more);
  parts.forEach((part, index) => {
    if (part instanceof Statement) {
      appendText(part.text[0] ?? '');
      part.values.forEach((value, at) => {
        values.push(value);
        text.push(part.text[at + 1] ?? '');
      });
    } else {
      values.push(part);
      text.push('');
    }
    appendText(strings[index + 1] ?? '');
  });
  return new Statement(text, values);
}

/** Joins statements or values with commas, for `IN (...)` and `VALUES ...`. The list must not be empty. */
export function commaSeparated(items: readonly (Statement | SqlValue)[]): Statement {
  return joined(items, ', ');
}

/** Writes statements one after the other. The list must not be empty. */
export const inSequence = (items: readonly Statement[]): Statement => joined(items, ' ');

/** Reads what each of the selects answers, one after the other. The list must not be empty. */
export const unionAll = (selects: readonly Statement[]): Statement =>
  joined(
    selects.map((select) => sql`(${select})`),
    ' UNION ALL ',
  );

/** Joins conditions with AND; no condition at all is TRUE. */
export function allOf(conditions: readonly Statement[]): Statement {
  return conditions.length === 0 ? sql`TRUE` : joined(conditions, ' AND ');
}

function joined(items: readonly (Statement | SqlValue)[], separator: string): Statement {
  if (items.length === 0) throw new RangeError('a list in a statement must not be empty');
  return compose(['', ...items.slice(1).map(() => separator), ''], items);
}

/**
 * A time so many milliseconds from now, by the database's clock, which all processes share: every decision about
 * time uses it. On PostgreSQL `now()` would stand still from the start of the transaction, before the row lock.
 */
export const fromNow = (ms: number): EngineFragment =>
  new EngineFragment({
    mysql: ({ shiftMs }) => `(UTC_TIMESTAMP(3) + INTERVAL ${Math.round((ms + shiftMs) * 1000)} MICROSECOND)`,
    postgres: ({ shiftMs }) =>
      `date_trunc('milliseconds', clock_timestamp() + INTERVAL '${Math.round(ms + shiftMs)} milliseconds')`,
  });

export const currentTime = fromNow(0);

/**
 * A row lock for those who must not be overtaken by a change, and change nothing themselves (sign-in). On MySQL they
 * share it. PostgreSQL grants a shared lock past a change that waits, so that a stream of sign-ins would hold off a
 * block for seconds; there those of one user go one by one.
 */
export const againstChange = new EngineFragment({
  mysql: () => 'LOCK IN SHARE MODE',
  postgres: () => 'FOR NO KEY UPDATE',
});

/**
 * The first 16 bytes of the SHA-256 of a text, in the shape of a UUID column: what is remembered of a text that is
 * itself forgotten. @param column a name that stands in our code, never input
 */
export const digestOf = (column: string): EngineFragment =>
  new EngineFragment({
    mysql: () => `UNHEX(LEFT(SHA2(${column}, 256), 32))`,
    postgres: () => `encode(substr(sha256(convert_to(${column}, 'UTF8')), 1, 16), 'hex')::uuid`,
  });

/**
 * Deletes rows of a table by a condition over another, from that one's end: for `IN (SELECT ...)` MariaDB 10.11 reads
 * the whole table. All names stand in our code, never input.
 * @param on joins `d`, the rows that go, with `o`, the others
 * @param which over `o`
 */
export const deleteJoined = (table: string, others: string, on: string, which: Statement): Statement =>
  sql`DELETE ${new EngineFragment({
    mysql: () => `d FROM ${others} o JOIN ${table} d ON ${on} WHERE`,
    postgres: () => `FROM ${table} d USING ${others} o WHERE ${on} AND`,
  })} ${which}`;

/**
 * A table `p` of pairs of integers, `a` and `b`, to be joined with another by an index. For a list of thousands of
 * conditions, or of rows, MariaDB 10.11 takes a time that grows with the square of its length.
 */
export const pairsOf = (pairs: readonly (readonly [a: number, b: number])[]): Statement => {
  const [before, after] = [
    new EngineFragment({
      mysql: () => 'JSON_TABLE(',
      postgres: () => '(SELECT (pair->>0)::bigint AS a, (pair->>1)::bigint AS b FROM json_array_elements(',
    }),
    new EngineFragment({
      mysql: () => ", '$[*]' COLUMNS (a BIGINT PATH '$[0]', b BIGINT PATH '$[1]')) p",
      postgres: () => '::json) pair) p',
    }),
  ];
  return sql`${before}${JSON.stringify(pairs)}${after}`;
};

/** Joins the table before it, row by row, with the one after it, which MySQL would rather begin with where it seems small. */
export const drivenBy = new EngineFragment({ mysql: () => 'STRAIGHT_JOIN', postgres: () => 'JOIN' });

/**
 * Locks rows for a change by their primary key and in its order, whichever way they are found: two transactions that lock
 * some of the same rows do not wait for each other in a circle. Through another index InnoDB locks in that one's order,
 * and its entries before the rows; PostgreSQL in the order of its plan. All names stand in our code, never input.
 * @param found reads the keys, and locks nothing
 */
export const lockInKeyOrder = (table: string, key: string, found: Statement): Statement => {
  const joined = `${table} d ON d.${key} = o.${key} ORDER BY o.${key} FOR UPDATE`;
  // MariaDB knows no OF, and locks nothing of a table that is made for the statement.
  const locked = new EngineFragment({ mysql: () => joined, postgres: () => `${joined} OF d` });
  return sql`SELECT 1 FROM (${found}) o ${drivenBy} ${locked}`;
};

/** What becomes of a column of a row that is there already: the new value, the one that it has if any, or the greater. */
type Change = 'replace' | 'keep' | 'greatest';

/**
 * Ends an INSERT whose rows may be there already: they are changed instead. All names stand in our code, never input.
 * @param key the columns of the key that says which row it is
 */
export function orChange(
  table: string,
  key: readonly string[],
  changes: Readonly<Record<string, Change>>,
): EngineFragment {
  const assignments = (old: (column: string) => string, fresh: (column: string) => string): string =>
    Object.entries(changes)
      .map(([column, change]) => {
        if (change === 'replace') return `${column} = ${fresh(column)}`;
        const choose = change === 'keep' ? 'COALESCE' : 'GREATEST';
        return `${column} = ${choose}(${old(column)}, ${fresh(column)})`;
      })
      .join(', ');
  return new EngineFragment({
    mysql: () =>
      `ON DUPLICATE KEY UPDATE ${assignments(
        (column) => column,
        (column) => `VALUES(${column})`,
      )}`,
    postgres: () =>
      `ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${assignments(
        (column) => `${table}.${column}`,
        (column) => `EXCLUDED.${column}`,
      )}`,
  });
}

/** `SELECT` of the database's time, to be sent after the statement that takes the lock. */
export const databaseNow: Statement = sql`SELECT ${currentTime} AS now`;
