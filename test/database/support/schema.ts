import { toText } from '../../../src/database/decode';
import type { Database } from '../../../src/database/database';
import { sql, type Statement } from '../../../src/database/sql';

export interface ColumnShape {
  type: string;
  /** Characters, digits or digits of a second; 0 where the type has none. */
  size: number;
  nullable: boolean;
  /** Whether a row may be inserted that does not name the column. */
  optional: boolean;
}

export interface Schema {
  /** By `table.column`. */
  columns: Record<string, ColumnShape>;
  /** Unique keys, the primary ones too: `table(column, column)`. */
  unique: string[];
}

/** What the server says of the tables of this database. */
export async function readSchema(database: Database): Promise<Schema> {
  const mysql = database.engine.name === 'mysql';
  const columns = await database.query(mysql ? mysqlColumns : postgresColumns);
  const unique = await database.query(mysql ? mysqlUnique : postgresUnique);
  return {
    columns: Object.fromEntries(
      columns.rows.map((row) => [
        `${toText(row.t)}.${toText(row.c)}`,
        {
          type: toText(row.type),
          size: Number(row.size),
          nullable: row.nullable === 'YES',
          optional: row.nullable === 'YES' || Number(row.optional) === 1,
        },
      ]),
    ),
    unique: unique.rows.map((row) => `${toText(row.t)}(${toText(row.cols)})`).sort(),
  };
}

const columnsOf = (schema: Statement, optional: Statement): Statement =>
  sql`SELECT table_name AS t, column_name AS c, data_type AS type, is_nullable AS nullable,
    COALESCE(character_maximum_length, numeric_precision, datetime_precision, 0) AS size,
    CASE WHEN ${optional} THEN 1 ELSE 0 END AS optional
    FROM information_schema.columns WHERE table_schema = ${schema}`;

const mysqlColumns = columnsOf(
  sql`DATABASE()`,
  sql`column_default IS NOT NULL OR extra LIKE '%auto_increment%'`,
);
const postgresColumns = columnsOf(
  sql`current_schema()`,
  sql`column_default IS NOT NULL OR is_identity = 'YES'`,
);

const mysqlUnique = sql`SELECT table_name AS t, GROUP_CONCAT(column_name ORDER BY seq_in_index SEPARATOR ', ') AS cols
  FROM information_schema.statistics WHERE table_schema = DATABASE() AND non_unique = 0
  GROUP BY table_name, index_name`;
const postgresUnique = sql`SELECT t.relname AS t, string_agg(a.attname, ', ' ORDER BY k.position) AS cols
  FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
  CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, position)
  JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum
  WHERE i.indisunique AND t.relnamespace = current_schema()::regnamespace GROUP BY t.relname, i.indexrelid`;

/** What the version before could no longer do after the change, in words; nothing where it only adds. */
export function contractions(before: Schema, after: Schema): string[] {
  const tables = new Set(Object.keys(before.columns).map(tableOf));
  const changed = Object.entries(before.columns).flatMap(([name, old]) => {
    const now = after.columns[name];
    if (!now) return [`${name} is gone`];
    return [
      ...(now.type === old.type && now.size >= old.size ? [] : [`${name} has become another type`]),
      ...(old.nullable && !now.nullable ? [`${name} takes no NULL any more`] : []),
      ...(old.optional && !now.optional ? [`${name} has to be named now`] : []),
    ];
  });
  const added = Object.entries(after.columns)
    .filter(([name, { optional }]) => !(name in before.columns) && tables.has(tableOf(name)) && !optional)
    .map(([name]) => `${name} is new, and has to be named`);
  const keys = after.unique
    .filter(
      (key) => !before.unique.includes(key) && columnsOfKey(key).every((name) => name in before.columns),
    )
    .map((key) => `${key} has become unique`);
  return [...changed, ...added, ...keys];
}

const tableOf = (name: string): string => name.split('.')[0] ?? '';

const columnsOfKey = (key: string): string[] => {
  const [, table = '', columns = ''] = /^(.*)\((.*)\)$/.exec(key) ?? [];
  return columns.split(', ').map((column) => `${table}.${column}`);
};
