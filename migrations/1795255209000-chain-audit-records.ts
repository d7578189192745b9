import type { MigrationInterface, QueryRunner } from 'typeorm';
import { addColumns, addIndices, dropIndices } from '../src/database/alter-table';
import { createTable, nullable, primary, tableColumns, withDefault } from '../src/database/table-columns';

const indices = {
  audit_records_unchained: ['unchained', 'id'],
  audit_records_position: ['position', 'id'],
  audit_records_time: ['occurred_at', 'id'],
  audit_records_user: ['subject_user_id', 'occurred_at', 'id'],
  audit_records_actor: ['actor', 'occurred_at', 'id'],
  audit_records_target: ['target', 'occurred_at', 'id'],
};

export class ChainAuditRecords1795255209000 implements MigrationInterface {
  name = 'ChainAuditRecords1795255209000';
  /** PostgreSQL builds an index without locking writers out only outside a transaction. */
  transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    const column = await tableColumns(queryRunner);
    // Records of the version before have none of it: they stay outside the chain.
    await addColumns(queryRunner, 'audit_records', [
      column.integer('subject_user_id', nullable),
      column.text('outcome', 20, withDefault('done')),
      column.text('code', 60, nullable),
      column.text('values_hash', 64, nullable),
      column.text('seal', 64, nullable),
      // TRUE until the record is chained, then NULL: the index holds what is to do and little else.
      column.boolean('unchained', nullable),
      column.integer('position', nullable),
      column.text('chain_hash', 64, nullable),
    ]);
    await addIndices(queryRunner, 'audit_records', indices);
    await createTable(queryRunner, {
      name: 'audit_values',
      columns: [column.uuid('record_id', primary), column.text('salt', 64), column.longText('content')],
    });
    await createTable(queryRunner, {
      name: 'audit_head',
      columns: [column.text('name', 20, primary), column.integer('position'), column.text('chain_hash', 64)],
    });
    await queryRunner.query(
      `INSERT INTO audit_head (name, position, chain_hash) SELECT 'head', 0, ''
       WHERE NOT EXISTS (SELECT 1 FROM audit_head)`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('audit_head');
    await queryRunner.dropTable('audit_values');
    await dropIndices(queryRunner, 'audit_records', indices);
    await queryRunner.dropColumns('audit_records', [
      'subject_user_id',
      'outcome',
      'code',
      'values_hash',
      'seal',
      'unchained',
      'position',
      'chain_hash',
    ]);
  }
}
