import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createTable, nullable, primary, tableColumns } from '../src/database/table-columns';

export class CreateIdempotencyKeys1795255207000 implements MigrationInterface {
  name = 'CreateIdempotencyKeys1795255207000';

  async up(queryRunner: QueryRunner): Promise<void> {
    const column = await tableColumns(queryRunner);
    await createTable(queryRunner, {
      name: 'idempotency_keys',
      columns: [
        column.uuid('id', primary),
        column.text('client_id', 255),
        column.text('key_hash', 43),
        column.text('fingerprint', 43),
        column.integer('user_id', nullable),
        column.longText('answer', nullable),
        column.time('created_at'),
        column.time('expires_at'),
      ],
      unique: { idempotency_keys_key: ['client_id', 'key_hash'] },
      indices: { idempotency_keys_user: ['user_id'], idempotency_keys_expiry: ['expires_at'] },
    });
    if (queryRunner.dataSource.options.type === 'mysql') return;
    // Where there is no Redis the rate limiter counts here; its own statements name these columns.
    await createTable(queryRunner, {
      name: 'rate_limits',
      columns: [
        column.text('key', 255, primary),
        { name: 'points', type: 'integer', default: 0 },
        column.integer('expire', nullable),
      ],
    });
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('rate_limits', true);
    await queryRunner.dropTable('idempotency_keys');
  }
}
