import { createDataSource, engineOf } from '../../src/database/data-source';
import { createDatabase } from '../../src/database/database';
import { sql } from '../../src/database/sql';
import { DomainError } from '../../src/errors';
import { createTestDatabase } from '../support/test-database';

describe('the settings of a session', () => {
  it('outlast a first transaction that is rolled back', async () => {
    const testDatabase = await createTestDatabase();
    // One connection, so that it is the same one that is asked afterwards.
    const dataSource = createDataSource({ databaseUrl: testDatabase.url, poolSize: 1 });
    await dataSource.initialize();
    const database = createDatabase(dataSource, engineOf(testDatabase.url));
    try {
      const refused = database.transaction(async (tx) => {
        await tx.read(sql`SELECT 1`);
        throw new DomainError('user.not_found', 'User not found');
      });
      await expect(refused).rejects.toThrow('User not found');
      const onMysql = database.engine.name === 'mysql';
      const { rows } = await database.query(
        onMysql
          ? sql`SELECT CONCAT(@@innodb_lock_wait_timeout, 's') AS lock_wait`
          : sql`SELECT current_setting('lock_timeout') AS lock_wait`,
      );
      expect(rows).toEqual([{ lock_wait: '3s' }]);
    } finally {
      await database.close();
      await testDatabase.drop();
    }
  });
});
