import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createTable, nullable, primary, tableColumns } from '../src/database/table-columns';

/** Who speaks ZEGOCLOUD's server API here, and which of their signed requests were seen. */
export class CreateZim1795255220000 implements MigrationInterface {
  name = 'CreateZim1795255220000';

  async up(queryRunner: QueryRunner): Promise<void> {
    const column = await tableColumns(queryRunner);
    await createTable(queryRunner, {
      name: 'zim_apps',
      columns: [
        column.integer('app_id', primary),
        column.text('name', 100),
        column.longText('secret'),
        column.time('created_at'),
        column.text('created_by', 255),
        column.time('revoked_at', nullable),
      ],
      indices: { zim_apps_newest: ['created_at', 'app_id'] },
    });
    await createTable(queryRunner, {
      name: 'zim_nonces',
      columns: [column.uuid('digest', primary), column.time('seen_at')],
      indices: { zim_nonces_seen: ['seen_at'] },
    });
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('zim_nonces');
    await queryRunner.dropTable('zim_apps');
  }
}
