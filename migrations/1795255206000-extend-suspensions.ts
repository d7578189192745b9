import type { MigrationInterface, QueryRunner } from 'typeorm';
import { addColumns, addIndices, dropIndices } from '../src/database/alter-table';
import { nullable, tableColumns, withDefault } from '../src/database/table-columns';

const suspensionIndices = {
  suspensions_blocked: ['blocked_at', 'id'],
  suspensions_category: ['category', 'blocked_at', 'id'],
  suspensions_ended: ['ended_at', 'blocked_at', 'id'],
};

export class ExtendSuspensions1795255206000 implements MigrationInterface {
  name = 'ExtendSuspensions1795255206000';
  /** PostgreSQL builds an index without locking writers out only outside a transaction. */
  transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    const column = await tableColumns(queryRunner);
    await addColumns(queryRunner, 'users', [column.boolean('protected', withDefault(false))]);
    await addColumns(queryRunner, 'suspensions', [
      column.text('category', 20, nullable),
      column.text('source', 20, withDefault('api')),
      column.integer('ended_on_behalf_of_user_id', nullable),
    ]);
    await addIndices(queryRunner, 'users', { users_until: ['suspended_until', 'id'] });
    await addIndices(queryRunner, 'suspensions', suspensionIndices);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropIndices(queryRunner, 'suspensions', suspensionIndices);
    await dropIndices(queryRunner, 'users', { users_until: [] });
    await queryRunner.dropColumns('suspensions', ['category', 'source', 'ended_on_behalf_of_user_id']);
    await queryRunner.dropColumn('users', 'protected');
  }
}
