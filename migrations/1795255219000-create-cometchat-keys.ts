import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createTable, nullable, primary, tableColumns } from '../src/database/table-columns';

/** The credentials of those who speak CometChat's API. */
export class CreateCometchatKeys1795255219000 implements MigrationInterface {
  name = 'CreateCometchatKeys1795255219000';

  async up(queryRunner: QueryRunner): Promise<void> {
    const column = await tableColumns(queryRunner);
    await createTable(queryRunner, {
      name: 'cometchat_keys',
      columns: [
        column.uuid('id', primary),
        column.text('name', 100),
        column.text('key_hash', 64),
        column.text('access', 10),
        column.boolean('may_erase'),
        column.time('created_at'),
        column.text('created_by', 255),
        column.time('revoked_at', nullable),
        column.time('last_used_at', nullable),
      ],
      unique: { cometchat_keys_hash: ['key_hash'] },
      indices: { cometchat_keys_created: ['created_at', 'id'] },
    });
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('cometchat_keys');
  }
}
