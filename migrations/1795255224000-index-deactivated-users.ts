import type { MigrationInterface, QueryRunner } from 'typeorm';
import { addIndices, dropIndices } from '../src/database/alter-table';

/** Who is deactivated, the latest first: a list of them reads nobody else. */
const indices = { users_deactivated: ['deactivated_at', 'id'] };

export class IndexDeactivatedUsers1795255224000 implements MigrationInterface {
  name = 'IndexDeactivatedUsers1795255224000';
  /** PostgreSQL builds an index without locking writers out only outside a transaction. */
  transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await addIndices(queryRunner, 'users', indices, 'deactivated_at');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropIndices(queryRunner, 'users', indices);
  }
}
