import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createTable, primary, tableColumns } from '../src/database/table-columns';

/** Where the chain of the audit records begins, once retention has cut off what was before. */
export class CutAuditRecords1795255213000 implements MigrationInterface {
  name = 'CutAuditRecords1795255213000';

  async up(queryRunner: QueryRunner): Promise<void> {
    const column = await tableColumns(queryRunner);
    await createTable(queryRunner, {
      name: 'audit_cut',
      columns: [
        column.text('name', 20, primary),
        column.integer('position'),
        column.text('chain_hash', 64),
        column.text('seal', 64),
      ],
    });
    await queryRunner.query(
      `INSERT INTO audit_cut (name, position, chain_hash, seal) SELECT 'cut', 0, '', ''
       WHERE NOT EXISTS (SELECT 1 FROM audit_cut)`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('audit_cut');
  }
}
