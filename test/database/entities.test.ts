import { createDataSource } from '../../src/database/data-source';
import { entities } from '../../src/registrations';
import { createTestDatabase } from '../support/test-database';

describe('the entities', () => {
  it('have exactly the columns that the migrations gave their tables', async () => {
    const database = await createTestDatabase();
    const dataSource = createDataSource({ databaseUrl: database.url, poolSize: 2, entities });
    await dataSource.initialize();
    const queryRunner = dataSource.createQueryRunner();
    try {
      for (const { tableName, columns, target } of dataSource.entityMetadatas) {
        const table = await queryRunner.getTable(tableName);
        const shape = ({ name, isNullable }: { name: string; isNullable: boolean }) =>
          `${name} ${isNullable}`;
        const declared = columns.map(({ databaseName, isNullable }) =>
          shape({ name: databaseName, isNullable }),
        );
        expect([tableName, declared.sort()]).toEqual([tableName, table?.columns.map(shape).sort()]);
        // What a transformer or a type gets wrong shows when a row is asked for.
        await expect(dataSource.getRepository(target).find({ take: 1 })).resolves.toEqual([]);
      }
    } finally {
      await queryRunner.release();
      await dataSource.destroy();
      await database.drop();
    }
  });
});
