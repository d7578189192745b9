import type { MigrationInterface, QueryRunner } from 'typeorm';
import { addColumns } from '../src/database/alter-table';
import { nullable, tableColumns } from '../src/database/table-columns';

/** Where a session is used, and how long it may lie idle. A session of the version before has neither. */
export class ExtendSessions1795255217000 implements MigrationInterface {
  name = 'ExtendSessions1795255217000';

  async up(queryRunner: QueryRunner): Promise<void> {
    const column = await tableColumns(queryRunner);
    await addColumns(queryRunner, 'sessions', [
      column.integer('idle_timeout', nullable),
      column.time('absolute_expires_at', nullable),
      column.text('device', 255, nullable),
      column.text('address', 45, nullable),
    ]);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropColumns('sessions', ['idle_timeout', 'absolute_expires_at', 'device', 'address']);
  }
}
