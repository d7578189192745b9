import { createDataSource, engineOf } from '../../src/database/data-source';
import { createDatabase, type Database } from '../../src/database/database';
import { type Claim, KeyClaimedError } from '../../src/database/keep';
import { sql } from '../../src/database/sql';
import { newUuid } from '../../src/database/uuid';
import { DomainError } from '../../src/errors';
import { insertKey } from '../../src/http/idempotency/key-queries';
import { createTestDatabase, type TestDatabase } from '../support/test-database';

describe('the settings of a session', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    // One connection, so that it is the same one that is asked afterwards.
    const dataSource = createDataSource({ databaseUrl: testDatabase.url, poolSize: 1 });
    await dataSource.initialize();
    database = createDatabase(dataSource, engineOf(testDatabase.url));
  });
  afterAll(async () => {
    await database.close();
    await testDatabase.drop();
  });

  const selectLockWait = () =>
    database.engine.name === 'mysql'
      ? sql`SELECT CONCAT(@@innodb_lock_wait_timeout, 's') AS lock_wait`
      : sql`SELECT current_setting('lock_timeout') AS lock_wait`;
  const lockWait = async () => (await database.query(selectLockWait())).rows[0]?.lock_wait;

  it('outlast a first transaction that is rolled back', async () => {
    const refused = database.transaction(async (tx) => {
      await tx.read(sql`SELECT 1`);
      throw new DomainError('user.not_found', 'User not found');
    });
    await expect(refused).rejects.toThrow('User not found');
    expect(await lockWait()).toBe('3s');
  });

  it('are as usual after a claim, whether it could be had or not: no later lock gives up early', async () => {
    const identity = { clientId: 'a', keyHash: 'b', fingerprint: 'c' };
    const claim: Claim = { claim: () => insertKey(newUuid(), identity, null, null) };
    const claimed = () =>
      database.sharedTransaction({ claims: [claim], wait: true }, async (tx) => {
        const [[row]] = await tx.read(selectLockWait());
        return row?.lock_wait;
      });
    expect([await claimed(), await lockWait()]).toEqual(['3s', '3s']);
    await expect(claimed()).rejects.toThrow(KeyClaimedError);
    expect(await lockWait()).toBe('3s');
  });
});
