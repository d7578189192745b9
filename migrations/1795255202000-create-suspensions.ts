import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createTable, nullable, primary, tableColumns } from '../src/database/table-columns';

export class CreateSuspensions1795255202000 implements MigrationInterface {
  name = 'CreateSuspensions1795255202000';

  async up(queryRunner: QueryRunner): Promise<void> {
    const column = await tableColumns(queryRunner);
    await createTable(queryRunner, {
      name: 'suspensions',
      columns: [
        column.uuid('id', primary),
        column.integer('user_id'),
        column.integer('open_user_id', nullable),
        column.text('reason', 250, nullable),
        column.text('actor', 255),
        column.integer('on_behalf_of_user_id', nullable),
        column.time('blocked_at'),
        column.time('blocked_until', nullable),
        column.boolean('notify_webhook'),
        column.boolean('notify_email'),
        column.time('ended_at', nullable),
        column.text('ended_by', 255, nullable),
        column.text('end_cause', 20, nullable),
      ],
      // MySQL has no partial index, but NULLs are never equal: only open suspensions are unique.
      unique: { suspensions_open: ['open_user_id'] },
      indices: { suspensions_user: ['user_id', 'blocked_at'] },
    });
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('suspensions');
  }
}
