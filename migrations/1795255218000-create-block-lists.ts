import type { MigrationInterface, QueryRunner } from 'typeorm';
import { addColumns, addIndices, dropIndices } from '../src/database/alter-table';
import { createTable, nullable, tableColumns } from '../src/database/table-columns';

/** By whom else an event tells of: her erasure finds it. */
const eventIndices = { events_other_user: ['other_user_id'] };

/** Whom each user has blocked for herself. */
export class CreateBlockLists1795255218000 implements MigrationInterface {
  name = 'CreateBlockLists1795255218000';
  /** PostgreSQL builds an index without locking writers out only outside a transaction. */
  transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    const column = await tableColumns(queryRunner);
    await createTable(queryRunner, {
      name: 'block_list_entries',
      columns: [
        column.position('position'),
        column.integer('owner_id'),
        column.integer('blocked_id'),
        column.time('created_at'),
      ],
      unique: { block_list_entries_pair: ['owner_id', 'blocked_id'] },
      // Lists page along them, newest first; the second finds what an erasure takes away, too.
      indices: {
        block_list_entries_owner: ['owner_id', 'position'],
        block_list_entries_blocked: ['blocked_id', 'position'],
      },
    });
    await addColumns(queryRunner, 'events', [column.integer('other_user_id', nullable)]);
    await addIndices(queryRunner, 'events', eventIndices);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropIndices(queryRunner, 'events', eventIndices);
    await queryRunner.dropColumn('events', 'other_user_id');
    await queryRunner.dropTable('block_list_entries');
  }
}
