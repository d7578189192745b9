import { createDataSource, engineOf } from '../src/database/data-source';
import { createDatabase, type Database } from '../src/database/database';
import type { Keyring } from '../src/database/keyring';
import type { BenchDatabase } from './bench-database';

/** @param keyring where audit records are written */
export async function openDatabase(
  { url: databaseUrl }: BenchDatabase,
  poolSize: number,
  keyring?: Keyring,
): Promise<Database> {
  const dataSource = await createDataSource({ databaseUrl, poolSize }).initialize();
  return createDatabase(dataSource, engineOf(databaseUrl), undefined, keyring);
}
