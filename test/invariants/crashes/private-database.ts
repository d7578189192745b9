import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runMigrations } from '../../../src/database/run-migrations';
import { migrateQueues } from '../../../src/queues/migrate-queues';
import type { TestDatabase } from '../../support/test-database';
import { testEnvironment } from '../../support/test-environment';
import { startPrivateMariadb } from './private-mariadb';
import { startPrivatePostgres } from './private-postgres';

export interface PrivateDatabase extends TestDatabase {
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** A migrated database on a server of its own, on the engine of the suite. */
export async function startPrivateDatabase(): Promise<PrivateDatabase> {
  const directory = await mkdtemp(join(tmpdir(), 'portcullis-private-'));
  const onMysql = testEnvironment().engine === 'mysql';
  const server = await (onMysql ? startPrivateMariadb(directory) : startPrivatePostgres(directory));
  const name = `portcullis_test_${randomBytes(6).toString('hex')}`;
  await server.createDatabase(name);
  const url = server.url(name);
  await runMigrations(url);
  if (!onMysql) await migrateQueues({ DATABASE_URL: url });
  return { url, kill: () => server.kill(), start: () => server.start(), drop: () => server.remove() };
}
