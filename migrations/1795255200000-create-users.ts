import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createTable, nullable, primary, tableColumns } from '../src/database/table-columns';

/**
 * Generated ids begin here: far above the ids that providers give out themselves, and within the 32 bits
 * that Guardhouse's .NET clients have for an id.
 */
const FIRST_GENERATED_ID = 2 ** 30;

export class CreateUsers1795255200000 implements MigrationInterface {
  name = 'CreateUsers1795255200000';

  async up(queryRunner: QueryRunner): Promise<void> {
    const column = await tableColumns(queryRunner);
    await createTable(queryRunner, {
      name: 'users',
      columns: [
        column.integer('id', primary),
        column.text('uid', 100),
        column.text('email', 320, nullable),
        // Lower case may be longer: İ becomes two characters.
        column.text('email_key', 640, nullable),
        column.text('first_name', 100, nullable),
        column.text('last_name', 100, nullable),
        column.text('locale', 35, nullable),
        column.boolean('suspended'),
        column.time('suspended_until', nullable),
        column.time('deactivated_at', nullable),
        column.integer('access_epoch'),
        column.time('access_revoked_at', nullable),
        column.integer('event_sequence'),
        column.integer('version'),
        column.time('created_at'),
        column.time('updated_at'),
      ],
      unique: { users_uid: ['uid'] },
      indices: {
        users_email: ['email_key', 'created_at', 'id'],
        users_created: ['created_at', 'id'],
        users_suspended: ['suspended', 'created_at', 'id'],
      },
    });
    await createTable(queryRunner, {
      name: 'counters',
      columns: [column.text('name', 40, primary), column.integer('next_value')],
    });
    await queryRunner.query(
      `INSERT INTO counters (name, next_value) SELECT 'users', ${FIRST_GENERATED_ID}
       WHERE NOT EXISTS (SELECT 1 FROM counters WHERE name = 'users')`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('counters');
    await queryRunner.dropTable('users');
  }
}
