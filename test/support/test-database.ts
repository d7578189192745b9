import { randomBytes } from 'node:crypto';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { Client } from 'pg';
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
    if (migrated) await copyTables(template, name);
    return { url, drop: () => administer(`DROP DATABASE ${name}`) };
  }
  await administer(`CREATE DATABASE ${name} TEMPLATE ${migrated ? template : 'template0'}`);
  return { url, drop: () => administer(`DROP DATABASE ${name} WITH (FORCE)`) };
}

/** PostgreSQL copies a whole database by itself; on MySQL it goes table by table, still faster than all migrations. */
async function copyTables(from: string, to: string): Promise<void> {
  const connection = await createConnection({ uri: databaseUrl(to), multipleStatements: true });
  try {
    const [tables] = await connection.query<RowDataPacket[]>(`SHOW TABLES FROM ${from}`);
    const names = tables.map((row) => String(Object.values(row)[0]));
    const statements = names.map(
      (table) =>
        `CREATE TABLE ${table} LIKE ${from}.${table}; INSERT INTO ${table} SELECT * FROM ${from}.${table};`,
    );
    await connection.query(statements.join('\n'));
  } finally {
    await connection.end();
  }
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
