import { runMigrations } from 'bullmq';
import { Client } from 'pg';
import { POSTGRES_SCHEMA } from './queue-store';

/** Brings BullMQ's own tables in PostgreSQL up to date; Redis has none. Several processes may call it at once. */
export async function migrateQueues({
  DATABASE_URL,
  REDIS_URL,
}: {
  DATABASE_URL: string;
  REDIS_URL?: string;
}): Promise<void> {
  if (REDIS_URL !== undefined) return;
  const client = new Client(DATABASE_URL);
  await client.connect();
  try {
    await runMigrations(client, POSTGRES_SCHEMA);
  } finally {
    await client.end();
  }
}
