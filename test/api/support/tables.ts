import type { Database } from '../../../src/database/database';
import type { Row } from '../../../src/database/engines/engine';
import { Statement } from '../../../src/database/sql';

/** Every table of ours. */
export const TABLES = [
  'access_revocations',
  'audit_records',
  'counters',
  'deliveries',
  'delivery_attempts',
  'events',
  'idempotency_keys',
  'retired_session_ids',
  'sessions',
  'suspensions',
  'users',
  'webhook_endpoints',
] as const;

type Table = (typeof TABLES)[number];

/** The rows of a table in the order of its primary key, which for UUIDv7 is the order of making. */
export async function rowsOf(database: Database, table: Table): Promise<Row[]> {
  const { rows } = await database.query(new Statement([`SELECT * FROM ${table} ORDER BY 1`], []));
  return rows;
}

/** The content of the whole database: equal before and after where nothing was changed. */
export async function snapshotOf(database: Database): Promise<Record<string, string[]>> {
  const content: Record<string, string[]> = {};
  for (const table of TABLES) {
    content[table] = (await rowsOf(database, table)).map((row) => JSON.stringify(row));
  }
  return content;
}
