import type { MigrationInterface, QueryRunner } from 'typeorm';
import { addColumns, addIndices, dropIndices } from '../src/database/alter-table';
import { nullable, tableColumns, withDefault } from '../src/database/table-columns';

/** Lists page along them, newest first, and nothing has to be sorted or counted. */
const deliveryIndices = {
  deliveries_state: ['state', 'event_type', 'created_at', 'id'],
  deliveries_endpoint: ['target', 'state', 'event_type', 'created_at', 'id'],
  deliveries_user_state: ['user_id', 'state', 'created_at', 'id'],
};

/** What the new ones serve as well. */
const formerIndices = {
  deliveries_target: ['target', 'state'],
  deliveries_user: ['user_id', 'created_at', 'id'],
};

export class CompleteDeliveries1795255214000 implements MigrationInterface {
  name = 'CompleteDeliveries1795255214000';
  /** PostgreSQL builds an index without locking writers out only outside a transaction. */
  transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    const column = await tableColumns(queryRunner);
    await addColumns(queryRunner, 'webhook_endpoints', [
      column.text('contact', 254, nullable),
      column.longText('headers', nullable),
      column.text('payload', 10, withDefault('full')),
      column.text('signature', 20, withDefault('v1')),
      { name: 'rate', type: 'int', isNullable: true },
      { name: 'timeout_ms', type: 'int', isNullable: true },
      column.longText('previous_secret', nullable),
      column.time('previous_secret_until', nullable),
      column.time('failing_since', nullable),
      column.time('slowed_until', nullable),
      column.time('disabled_at', nullable),
      column.text('disabled_cause', 20, nullable),
      { name: 'version', type: 'int', ...withDefault(1) },
      column.time('updated_at', nullable),
    ]);
    await addColumns(queryRunner, 'deliveries', [
      column.text('event_type', 60, nullable),
      column.integer('sequence', nullable),
      { name: 'schedule_base', type: 'int', ...withDefault(0) },
      column.time('delivered_at', nullable),
    ]);
    await addColumns(queryRunner, 'delivery_attempts', [
      column.text('error_kind', 30, nullable),
      column.longText('request_headers', nullable),
    ]);
    await addColumns(queryRunner, 'suspensions', [column.text('reason_for_user', 250, nullable)]);
    await addIndices(queryRunner, 'deliveries', deliveryIndices);
    await dropIndices(queryRunner, 'deliveries', formerIndices);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await addIndices(queryRunner, 'deliveries', formerIndices);
    await dropIndices(queryRunner, 'deliveries', deliveryIndices);
    await queryRunner.dropColumn('suspensions', 'reason_for_user');
    await queryRunner.dropColumns('delivery_attempts', ['error_kind', 'request_headers']);
    await queryRunner.dropColumns('deliveries', ['event_type', 'sequence', 'schedule_base', 'delivered_at']);
    await queryRunner.dropColumns('webhook_endpoints', [
      'contact',
      'headers',
      'payload',
      'signature',
      'rate',
      'timeout_ms',
      'previous_secret',
      'previous_secret_until',
      'failing_since',
      'slowed_until',
      'disabled_at',
      'disabled_cause',
      'version',
      'updated_at',
    ]);
  }
}
