import { randomBytes } from 'node:crypto';
import { createDataSource, engineOf } from '../../../src/database/data-source';
import { createDatabase, type Database } from '../../../src/database/database';
import { createEncryption } from '../../../src/database/encryption';
import type { Engine } from '../../../src/database/engines/engine';
import { createKeyring, type Keyring } from '../../../src/database/keyring';
import { type Clock, sql } from '../../../src/database/sql';
import type { Transaction } from '../../../src/database/transaction';
import { User } from '../../../src/users/user.entity';
import { WebhookEndpoint } from '../../../src/webhooks/webhook-endpoint.entity';
import { createTestDatabase } from '../../support/test-database';

export interface OpenDatabase {
  url: string;
  clock: Clock;
  database: Database;
  keyring: Keyring;
  /** The same server through an engine that has been tampered with. */
  through(engine: Partial<Engine>): Database;
  close(): Promise<void>;
}

/** A migrated database of a test file's own, without a process around it. */
export async function openDatabase(): Promise<OpenDatabase> {
  const testDatabase = await createTestDatabase();
  const { url } = testDatabase;
  const dataSource = createDataSource({
    databaseUrl: url,
    poolSize: 20,
    entities: [User, WebhookEndpoint],
  });
  await dataSource.initialize();
  const clock: Clock = { shiftMs: 0 };
  const engine = engineOf(url);
  const keyring = createKeyring(createEncryption([{ id: 'k1', key: randomBytes(32) }]), randomBytes(32));
  const database = createDatabase(dataSource, engine, clock, keyring);
  return {
    url,
    clock,
    database,
    keyring,
    through: (tampered) => createDatabase(dataSource, { ...engine, ...tampered }, clock, keyring),
    async close() {
      await database.close();
      await testDatabase.drop();
    },
  };
}

/** The server's own id of a transaction's connection. */
export async function connectionIdOf(database: Database, tx: Transaction): Promise<number> {
  const [[row]] =
    database.engine.name === 'mysql'
      ? await tx.read(sql`SELECT CONNECTION_ID() AS id`)
      : await tx.read(sql`SELECT pg_backend_pid() AS id`);
  return Number(row?.id);
}

/** Ends a connection at the server, from another one. */
export async function killConnection(database: Database, id: number): Promise<void> {
  if (database.engine.name === 'mysql') await database.query(sql`KILL CONNECTION ${id}`);
  else await database.query(sql`SELECT pg_terminate_backend(${id})`);
}
