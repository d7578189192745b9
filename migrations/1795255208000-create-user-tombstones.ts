import type { MigrationInterface, QueryRunner } from 'typeorm';
import { addColumns, addIndices, dropIndices } from '../src/database/alter-table';
import { createTable, nullable, primary, tableColumns } from '../src/database/table-columns';

/** An erasure finds by it what the feed holds of a uid. */
const revocationIndices = { access_revocations_uid: ['uid'] };

export class CreateUserTombstones1795255208000 implements MigrationInterface {
  name = 'CreateUserTombstones1795255208000';
  /** PostgreSQL builds an index without locking writers out only outside a transaction. */
  transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    const column = await tableColumns(queryRunner);
    await createTable(queryRunner, {
      name: 'user_tombstones',
      columns: [
        column.integer('user_id', primary),
        column.text('uid_hash', 43),
        column.integer('access_epoch'),
        column.integer('event_sequence'),
        column.time('erased_at'),
      ],
      unique: { user_tombstones_uid: ['uid_hash'] },
    });
    // An address of 320 characters, encrypted, in base64.
    await addColumns(queryRunner, 'deliveries', [column.text('recipient', 2_000, nullable)]);
    await addIndices(queryRunner, 'access_revocations', revocationIndices);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropIndices(queryRunner, 'access_revocations', revocationIndices);
    await queryRunner.dropColumn('deliveries', 'recipient');
    await queryRunner.dropTable('user_tombstones');
  }
}
