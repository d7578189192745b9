import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createTable, nullable, primary, tableColumns } from '../src/database/table-columns';

export class CreateEvents1795255203000 implements MigrationInterface {
  name = 'CreateEvents1795255203000';

  async up(queryRunner: QueryRunner): Promise<void> {
    const column = await tableColumns(queryRunner);
    await createTable(queryRunner, {
      name: 'events',
      columns: [
        column.uuid('id', primary),
        column.integer('user_id', nullable),
        column.integer('sequence', nullable),
        column.text('type', 60),
        { name: 'schema_version', type: 'smallint' },
        column.longText('payload'),
        column.time('occurred_at'),
      ],
      indices: { events_user: ['user_id', 'sequence'] },
    });
    await createTable(queryRunner, {
      name: 'deliveries',
      columns: [
        column.uuid('id', primary),
        column.uuid('event_id'),
        column.integer('user_id', nullable),
        column.text('channel', 20),
        column.text('target', 100),
        column.text('state', 20),
        { name: 'attempts', type: 'int' },
        column.time('next_attempt_at'),
        column.time('lease_until', nullable),
        column.time('enqueued_at', nullable),
        column.time('created_at'),
        column.time('finished_at', nullable),
      ],
      unique: { deliveries_receiver: ['event_id', 'channel', 'target'] },
      indices: {
        deliveries_due: ['state', 'enqueued_at', 'next_attempt_at'],
        deliveries_user: ['user_id', 'created_at', 'id'],
        deliveries_target: ['target', 'state'],
      },
    });
    await createTable(queryRunner, {
      name: 'delivery_attempts',
      columns: [
        column.uuid('delivery_id', primary),
        { name: 'number', type: 'int', isPrimary: true },
        column.time('started_at'),
        { name: 'took_ms', type: 'int' },
        column.text('outcome', 20),
        { name: 'status_code', type: 'int', isNullable: true },
        column.text('error', 500, nullable),
        column.text('response', 1_000, nullable),
      ],
    });
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('delivery_attempts');
    await queryRunner.dropTable('deliveries');
    await queryRunner.dropTable('events');
  }
}
