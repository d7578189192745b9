import { migrations } from '../../migrations';
import { createDataSource, engineOf } from '../../src/database/data-source';
import { createDatabase, type Database } from '../../src/database/database';
import { runMigrations } from '../../src/database/run-migrations';
import { sql } from '../../src/database/sql';
import { createTestDatabase, type TestDatabase } from '../support/test-database';
import { writesOfFirstRelease } from './support/first-release';
import { contractions, readSchema, type Schema } from './support/schema';

/** Of the first release; it was never without them. */
const FIRST_RELEASE = migrations.findIndex(({ name }) => name === 'CreateAuditRecords1795255205000') + 1;

describe('migrations run while the version before still serves', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  beforeEach(async () => {
    testDatabase = await createTestDatabase({ migrated: false });
    const dataSource = createDataSource({ databaseUrl: testDatabase.url, poolSize: 6 });
    database = createDatabase(await dataSource.initialize(), engineOf(testDatabase.url));
  });
  afterEach(async () => {
    await database.close();
    await testDatabase.drop();
  });

  async function migrateTo(count: number): Promise<void> {
    const chain = migrations.slice(0, count);
    const dataSource = createDataSource({ databaseUrl: testDatabase.url, poolSize: 2, migrations: chain });
    await dataSource.initialize();
    await dataSource.runMigrations({ transaction: 'each' }).finally(() => dataSource.destroy());
  }

  it('every one after the first release only adds', async () => {
    expect(FIRST_RELEASE).toBe(6);
    await migrateTo(FIRST_RELEASE);
    let before = await readSchema(database);
    expect(before.columns['users.uid']).toMatchObject({ size: 100, nullable: false, optional: false });
    expect(before.unique).toContain('deliveries(event_id, channel, target)');
    for (let count = FIRST_RELEASE + 1; count <= migrations.length; count++) {
      await migrateTo(count);
      const after = await readSchema(database);
      expect([migrations[count - 1]?.name, contractions(before, after)]).toEqual([
        migrations[count - 1]?.name,
        [],
      ]);
      before = after;
    }
  });

  it('the first release goes on writing meanwhile, and each of its writes succeeds', async () => {
    await migrateTo(FIRST_RELEASE);
    let [begun, migrating] = [false, true];
    const written = { before: 0, during: 0 };
    const writer = async (worker: number) => {
      for (let id = worker; migrating || id < 1_000; id += 4) {
        await database.transaction((tx) => {
          writesOfFirstRelease(id).forEach((statement) => tx.write(statement));
          return Promise.resolve();
        });
        if (begun) written.during++;
        else written.before++;
      }
    };
    const writers = [1, 2, 3, 4].map(writer);
    const failure = Promise.all(writers);
    // With rows in the tables, so that there is something to build an index of.
    while (written.before < 200) await Promise.race([failure, database.ping()]);
    begun = true;
    // Two at once, as when several machines are deployed together: one does the work.
    const ran = await Promise.all([runMigrations(testDatabase.url), runMigrations(testDatabase.url)]);
    migrating = false;
    await failure;
    expect(ran.flat()).toEqual(migrations.slice(FIRST_RELEASE).map(({ name }) => name));
    expect(written.during).toBeGreaterThan(0);
    const { rows } = await database.query(sql`SELECT COUNT(*) AS amount FROM sessions`);
    expect(Number(rows[0]?.amount)).toBe(written.before + written.during);
  });

  it('running them again changes nothing', async () => {
    await runMigrations(testDatabase.url);
    const before = await readSchema(database);
    expect(await runMigrations(testDatabase.url)).toEqual([]);
    expect(await readSchema(database)).toEqual(before);
  });
});

describe('what takes something away is found', () => {
  const text = { type: 'varchar', size: 100, nullable: false, optional: false };
  const before: Schema = { columns: { 'users.uid': text, 'users.id': text }, unique: ['users(id)'] };
  const after = (columns: Schema['columns'], unique: string[] = []): Schema => ({
    columns: { ...before.columns, ...columns },
    unique: [...before.unique, ...unique],
  });

  it.each<[string, Schema, string[]]>([
    ['a column', { ...before, columns: { 'users.id': text } }, ['users.uid is gone']],
    ['a narrower type', after({ 'users.uid': { ...text, size: 99 } }), ['users.uid has become another type']],
    ['another type', after({ 'users.uid': { ...text, type: 'int' } }), ['users.uid has become another type']],
    ['a new column without default', after({ 'users.new': text }), ['users.new is new, and has to be named']],
    ['a unique key', after({}, ['users(uid)']), ['users(uid) has become unique']],
    ['nothing', before, []],
    ['a wider type', after({ 'users.uid': { ...text, size: 101 } }), []],
    ['a new column with a default', after({ 'users.new': { ...text, optional: true } }), []],
    ['a new table', after({ 'new.id': text }, ['new(id)']), []],
  ])('%s', (_what, schema, found) => {
    expect(contractions(before, schema)).toEqual(found);
  });

  it('NULL and a default that are not there any more', () => {
    const loose = { ...text, nullable: true, optional: true };
    expect(contractions(after({ 'users.uid': loose }), before)).toEqual([
      'users.uid takes no NULL any more',
      'users.uid has to be named now',
    ]);
  });
});
