import { type QueryRunner, Table, type TableColumnOptions, TableIndex } from 'typeorm';

/**
 * The types of the tables' columns, chosen for the engine that a migration runs on. Strings compare byte by byte
 * and without padding: `a`, `A` and `a ` are three users.
 */
export interface TableColumns {
  uuid(name: string, options?: Partial<TableColumnOptions>): TableColumnOptions;
  integer(name: string, options?: Partial<TableColumnOptions>): TableColumnOptions;
  /** Grows by itself, from 1. */
  position(name: string): TableColumnOptions;
  text(name: string, length: number, options?: Partial<TableColumnOptions>): TableColumnOptions;
  longText(name: string, options?: Partial<TableColumnOptions>): TableColumnOptions;
  boolean(name: string, options?: Partial<TableColumnOptions>): TableColumnOptions;
  time(name: string, options?: Partial<TableColumnOptions>): TableColumnOptions;
}

export const nullable = { isNullable: true };
/** What rows get that the version before writes, which does not know the column. */
export const withDefault = (value: string | number | boolean) => ({
  default: typeof value === 'string' ? `'${value}'` : String(value),
});

export const primary = { isPrimary: true };

export async function tableColumns(queryRunner: QueryRunner): Promise<TableColumns> {
  const onMysql = queryRunner.dataSource.options.type === 'mysql';
  const text = onMysql ? await mysqlText(queryRunner) : {};
  return {
    uuid: (name, options) =>
      onMysql ? { name, type: 'binary', length: '16', ...options } : { name, type: 'uuid', ...options },
    integer: (name, options) => ({ name, type: 'bigint', ...options }),
    position: (name) => ({
      name,
      type: 'bigint',
      isPrimary: true,
      isGenerated: true,
      generationStrategy: 'increment',
    }),
    text: (name, length, options) => ({ name, type: 'varchar', length: String(length), ...text, ...options }),
    longText: (name, options) => ({ name, type: onMysql ? 'longtext' : 'text', ...text, ...options }),
    boolean: (name, options) => ({ name, type: onMysql ? 'tinyint' : 'boolean', ...options }),
    time: (name, options) => ({ name, type: onMysql ? 'datetime' : 'timestamptz', precision: 3, ...options }),
  };
}

/** MySQL and MariaDB name the collation without padding differently. */
async function mysqlText(queryRunner: QueryRunner): Promise<Partial<TableColumnOptions>> {
  const [row] = (await queryRunner.query('SELECT VERSION() AS version')) as { version: string }[];
  const isMariaDb = row?.version.includes('MariaDB') === true;
  return { charset: 'utf8mb4', collation: isMariaDb ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin' };
}

export interface TableShape {
  name: string;
  columns: TableColumnOptions[];
  /** Key name to columns. */
  unique?: Record<string, string[]>;
  indices?: Record<string, string[]>;
}

/** Creates a table whose primary key is called `<table>_pkey` where the engine names it at all. */
export async function createTable(queryRunner: QueryRunner, shape: TableShape): Promise<void> {
  const primaryKeyConstraintName = `${shape.name}_pkey`;
  const index =
    (isUnique: boolean) =>
    ([name, columnNames]: [string, string[]]) =>
      new TableIndex({ name, columnNames, isUnique });
  const table = new Table({
    name: shape.name,
    columns: shape.columns.map((column) =>
      column.isPrimary ? { ...column, primaryKeyConstraintName } : column,
    ),
    indices: [
      ...Object.entries(shape.unique ?? {}).map(index(true)),
      ...Object.entries(shape.indices ?? {}).map(index(false)),
    ],
  });
  // MySQL commits each table by itself: a migration that was killed halfway goes on where it stopped.
  await queryRunner.createTable(table, true);
}
