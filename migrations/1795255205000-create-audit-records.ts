import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createTable, nullable, primary, tableColumns } from '../src/database/table-columns';

export class CreateAuditRecords1795255205000 implements MigrationInterface {
  name = 'CreateAuditRecords1795255205000';

  async up(queryRunner: QueryRunner): Promise<void> {
    const column = await tableColumns(queryRunner);
    await createTable(queryRunner, {
      name: 'audit_records',
      columns: [
        column.uuid('id', primary),
        column.text('actor', 255),
        column.text('client_id', 255, nullable),
        column.text('action', 60),
        column.text('target', 300),
        column.text('request_id', 100, nullable),
        column.text('changed_fields', 1_000),
        column.time('occurred_at'),
      ],
    });
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('audit_records');
  }
}
