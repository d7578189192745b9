import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The row that whoever changes the chain of signing keys locks; its value counts nothing. */
export class LockSigningKeys1795255223000 implements MigrationInterface {
  name = 'LockSigningKeys1795255223000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `INSERT INTO counters (name, next_value) SELECT 'signing_keys', 0
       WHERE NOT EXISTS (SELECT 1 FROM counters WHERE name = 'signing_keys')`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DELETE FROM counters WHERE name = 'signing_keys'`);
  }
}
