import { randomBytes } from 'node:crypto';
import { createConnection } from 'mysql2/promise';
import { Client } from 'pg';
import { runMigrations } from '../../src/database/run-migrations';
import { testEnvironment } from './test-environment';

export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

/** A database of its own for a test file, on the engine of the suite; migrated, unless the test does that itself. */
export async function createTestDatabase({ migrated = true } = {}): Promise<TestDatabase> {
  const name = `portcullis_test_${randomBytes(6).toString('hex')}`;
  const { engine, template } = testEnvironment();
  const url = databaseUrl(name);
  if (engine === 'mysql') {
    await administer(`CREATE DATABASE ${name}`);
    if (migrated) await runMigrations(url);
    return { url, drop: () => administer(`DROP DATABASE ${name}`) };
  }
  await administer(`CREATE DATABASE ${name} TEMPLATE ${migrated ? template : 'template0'}`);
  return { url, drop: () => administer(`DROP DATABASE ${name} WITH (FORCE)`) };
}

const databaseUrl = (database: string): string =>
  testEnvironment().databaseUrl.replace('{database}', database);

async function administer(statement: string): Promise<void> {
  if (testEnvironment().engine === 'mysql') {
    const connection = await createConnection(databaseUrl('mysql'));
    await connection.query(statement).finally(() => connection.end());
    return;
  }
  const client = new Client(databaseUrl('postgres'));
  await client.connect();
  await client.query(statement).finally(() => client.end());
}
