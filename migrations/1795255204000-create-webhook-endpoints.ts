import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createTable, nullable, primary, tableColumns } from '../src/database/table-columns';

export class CreateWebhookEndpoints1795255204000 implements MigrationInterface {
  name = 'CreateWebhookEndpoints1795255204000';

  async up(queryRunner: QueryRunner): Promise<void> {
    const column = await tableColumns(queryRunner);
    await createTable(queryRunner, {
      name: 'webhook_endpoints',
      columns: [
        column.uuid('id', primary),
        column.text('url', 2_048),
        column.text('event_types', 1_000),
        column.text('description', 500, nullable),
        column.text('secret', 500),
        column.boolean('enabled'),
        column.time('created_at'),
      ],
      indices: { webhook_endpoints_created: ['created_at', 'id'] },
    });
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('webhook_endpoints');
  }
}
