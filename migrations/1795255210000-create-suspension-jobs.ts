import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createTable, nullable, primary, tableColumns } from '../src/database/table-columns';

export class CreateSuspensionJobs1795255210000 implements MigrationInterface {
  name = 'CreateSuspensionJobs1795255210000';

  async up(queryRunner: QueryRunner): Promise<void> {
    const column = await tableColumns(queryRunner);
    await createTable(queryRunner, {
      name: 'suspension_jobs',
      columns: [
        column.uuid('id', primary),
        column.text('action', 20),
        column.text('state', 20),
        column.longText('options'),
        column.text('actor', 255),
        column.text('client_id', 255, nullable),
        column.text('request_id', 100, nullable),
        column.uuid('undo_of', nullable),
        column.integer('total'),
        column.integer('done_through'),
        column.integer('changed'),
        column.integer('unchanged'),
        column.integer('not_found'),
        column.integer('duplicate'),
        column.integer('refused'),
        column.integer('undoable'),
        column.uuid('lease_holder', nullable),
        column.time('lease_until', nullable),
        column.time('created_at'),
        column.time('started_at', nullable),
        column.time('finished_at', nullable),
      ],
      indices: {
        suspension_jobs_state: ['state', 'created_at'],
        suspension_jobs_created: ['created_at', 'id'],
      },
    });
    await createTable(queryRunner, {
      name: 'suspension_job_items',
      columns: [
        column.uuid('job_id', primary),
        column.integer('position', primary),
        column.integer('user_id', nullable),
      ],
      // Served to the erasing of a user alone.
      indices: { suspension_job_items_user: ['user_id'] },
    });
    await createTable(queryRunner, {
      name: 'suspension_job_outcomes',
      columns: [
        column.uuid('job_id', primary),
        column.integer('position', primary),
        column.integer('user_id', nullable),
        column.text('outcome', 20),
        column.text('code', 60, nullable),
        column.uuid('suspension_id', nullable),
      ],
      indices: { suspension_job_outcomes_user: ['user_id'] },
    });
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('suspension_job_outcomes');
    await queryRunner.dropTable('suspension_job_items');
    await queryRunner.dropTable('suspension_jobs');
  }
}
