import { migrations } from '../../migrations';
import { createDataSource, engineOf } from './data-source';

/**
 * Brings the schema up to date; several processes may call it at once, one does the work.
 * @returns the names of the migrations that were run now
 */
export async function runMigrations(databaseUrl: string): Promise<string[]> {
  const dataSource = createDataSource({ databaseUrl, poolSize: 2, migrations });
  await dataSource.initialize();
  const lockHolder = dataSource.createQueryRunner();
  try {
    const run = () => dataSource.runMigrations({ transaction: 'each' });
    const done = await engineOf(databaseUrl).withMigrationLock(lockHolder, run);
    return done.map(({ name }) => name);
  } finally {
    await lockHolder.release();
    await dataSource.destroy();
  }
}
