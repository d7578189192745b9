import type { MigrationInterface, QueryRunner } from 'typeorm';
import { addColumns, addIndices, dropIndices } from '../src/database/alter-table';
import { createTable, nullable, primary, tableColumns } from '../src/database/table-columns';

const sessionIndices = { sessions_expires: ['expires_at'] };
const eventIndices = { events_occurred: ['occurred_at', 'id'] };
const deliveryIndices = { deliveries_finished: ['finished_at'] };

/** Touch and retention: when a session was last seen, what is old enough to go, and the ids that went. */
export class KeepSessionsForATime1795255212000 implements MigrationInterface {
  name = 'KeepSessionsForATime1795255212000';
  /** PostgreSQL builds an index without locking writers out only outside a transaction. */
  transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    const column = await tableColumns(queryRunner);
    await createTable(queryRunner, {
      name: 'retired_session_ids',
      columns: [column.uuid('id', primary)],
    });
    await addColumns(queryRunner, 'sessions', [column.time('last_seen_at', nullable)]);
    await addIndices(queryRunner, 'sessions', sessionIndices);
    await addIndices(queryRunner, 'events', eventIndices);
    await addIndices(queryRunner, 'deliveries', deliveryIndices);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropIndices(queryRunner, 'deliveries', deliveryIndices);
    await dropIndices(queryRunner, 'events', eventIndices);
    await dropIndices(queryRunner, 'sessions', sessionIndices);
    await queryRunner.dropColumn('sessions', 'last_seen_at');
    await queryRunner.dropTable('retired_session_ids');
  }
}
