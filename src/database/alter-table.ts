import { type QueryRunner, TableColumn, type TableColumnOptions } from 'typeorm';

/**
 * Changes to tables that are in use: the version before still reads and writes them meanwhile. Each can be repeated,
 * since MySQL commits every one by itself and a migration that was killed goes on where it stopped.
 */
export async function addColumns(
  queryRunner: QueryRunner,
  table: string,
  columns: readonly TableColumnOptions[],
): Promise<void> {
  for (const column of columns) {
    if (await queryRunner.hasColumn(table, column.name)) continue;
    await queryRunner.addColumn(table, new TableColumn(column));
  }
}

/** Index name to columns. */
export type Indices = Readonly<Record<string, readonly string[]>>;

/**
 * Adds indices without locking writers out; on PostgreSQL that goes only in a migration with `transaction = false`.
 * @param having a column that is NULL in most rows, which nobody looks for: PostgreSQL leaves them out, and need not write
 *   such an index anew whenever a row changes. InnoDB does so only where one of its columns changes, and has all rows in it
 */
export async function addIndices(
  queryRunner: QueryRunner,
  table: string,
  indices: Indices,
  having?: string,
): Promise<void> {
  const rows = having === undefined ? '' : ` WHERE ${having} IS NOT NULL`;
  const onMysql = queryRunner.dataSource.options.type === 'mysql';
  for (const [name, columns] of Object.entries(indices)) {
    if (await hasUsableIndex(queryRunner, table, name)) continue;
    if (onMysql) {
      await queryRunner.query(
        `ALTER TABLE ${table} ADD INDEX ${name} (${columns.join(', ')}), ALGORITHM=INPLACE, LOCK=NONE`,
      );
    } else {
      // What was interrupted leaves an index that is kept up and never used.
      await queryRunner.query(`DROP INDEX IF EXISTS ${name}`);
      await queryRunner.query(`CREATE INDEX CONCURRENTLY ${name} ON ${table} (${columns.join(', ')})${rows}`);
    }
  }
}

async function hasUsableIndex(queryRunner: QueryRunner, table: string, name: string): Promise<boolean> {
  const found = (await queryRunner.query(
    queryRunner.dataSource.options.type === 'mysql'
      ? `SELECT 1 FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = '${table}'
         AND index_name = '${name}'`
      : `SELECT 1 FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relname = '${name}'
         AND c.relnamespace = current_schema()::regnamespace AND i.indisvalid`,
  )) as unknown[];
  return found.length > 0;
}

export async function dropIndices(queryRunner: QueryRunner, table: string, indices: Indices): Promise<void> {
  for (const name of Object.keys(indices)) await queryRunner.dropIndex(table, name);
}
