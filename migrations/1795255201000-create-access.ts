import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createTable, nullable, primary, tableColumns } from '../src/database/table-columns';

export class CreateAccess1795255201000 implements MigrationInterface {
  name = 'CreateAccess1795255201000';

  async up(queryRunner: QueryRunner): Promise<void> {
    const column = await tableColumns(queryRunner);
    await createTable(queryRunner, {
      name: 'sessions',
      columns: [
        column.text('sid', 255, primary),
        column.integer('user_id'),
        column.text('client_id', 255),
        column.integer('epoch'),
        column.time('created_at'),
        column.time('expires_at'),
        column.time('revoked_at', nullable),
      ],
      indices: { sessions_user: ['user_id', 'created_at', 'sid'], sessions_alive: ['user_id', 'epoch'] },
    });
    await createTable(queryRunner, {
      name: 'access_revocations',
      columns: [
        column.position('position'),
        column.text('uid', 100),
        column.text('sid', 255, nullable),
        column.integer('epoch'),
        column.text('cause', 30),
        column.time('revoked_at'),
      ],
    });
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('access_revocations');
    await queryRunner.dropTable('sessions');
  }
}
