import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createTable, nullable, primary, tableColumns } from '../src/database/table-columns';

/** Who follows the revocation feed, and how far each has come when. */
export class CreateGuards1795255216000 implements MigrationInterface {
  name = 'CreateGuards1795255216000';

  async up(queryRunner: QueryRunner): Promise<void> {
    const column = await tableColumns(queryRunner);
    await createTable(queryRunner, {
      name: 'guard_instances',
      columns: [
        column.text('client_id', 255, primary),
        column.text('instance_id', 100, primary),
        { name: 'lease_ms', type: 'int' },
        column.integer('position'),
        column.time('first_seen_at'),
        column.time('last_poll_at'),
        column.time('trusted_until'),
      ],
      indices: { guard_instances_last_poll: ['last_poll_at'] },
    });
    await createTable(queryRunner, {
      name: 'guard_progress',
      columns: [
        column.text('client_id', 255, primary),
        column.text('instance_id', 100, primary),
        column.integer('position', primary),
        column.time('told_at', nullable),
        column.time('acknowledged_at', nullable),
        column.time('recorded_at'),
      ],
      indices: { guard_progress_recorded: ['recorded_at'] },
    });
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('guard_progress');
    await queryRunner.dropTable('guard_instances');
  }
}
