import { ConfigurationError, loadConfig } from '../config';
import { migrateQueues } from '../queues/migrate-queues';
import { runMigrations } from './run-migrations';

/** Entry of the migration: brings the schema, and the queue's where it lives in PostgreSQL, up to date and exits. */
async function main(): Promise<void> {
  const config = loadConfig('migrate', process.env);
  const done = await runMigrations(config.DATABASE_URL);
  await migrateQueues(config);
  console.log(done.length > 0 ? `Ran ${done.join(', ')}.` : 'The schema is up to date.');
}

main().catch((error: unknown) => {
  console.error(error instanceof ConfigurationError ? error.message : error);
  process.exitCode = 1;
});
