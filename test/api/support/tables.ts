import { toUuid } from '../../../src/database/decode';
import type { Database } from '../../../src/database/database';
import type { Row } from '../../../src/database/engines/engine';
import { Statement } from '../../../src/database/sql';

/** Every table of ours. */
export const TABLES = [
  'access_revocations',
  'audit_cut',
  'audit_head',
  'audit_records',
  'audit_values',
  'block_list_entries',
  'cometchat_keys',
  'counters',
  'deliveries',
  'delivery_attempts',
  'events',
  'guard_instances',
  'guard_progress',
  'idempotency_keys',
  'logout_clients',
  'retired_session_ids',
  'security_event_exclusions',
  'security_event_streams',
  'sessions',
  'signing_keys',
  'suspension_job_items',
  'suspension_job_outcomes',
  'suspension_jobs',
  'suspensions',
  'user_tombstones',
  'users',
  'webhook_endpoints',
  'zim_apps',
  'zim_nonces',
] as const;

type Table = (typeof TABLES)[number];

/** The rows of a table in the order of its primary key, which for UUIDv7 is the order of making. */
export async function rowsOf(database: Database, table: Table): Promise<Row[]> {
  const { rows } = await database.query(new Statement([`SELECT * FROM ${table} ORDER BY 1`], []));
  return rows;
}

/** The records of attempts that were refused, oldest first. */
export const refusalsOf = async (database: Database): Promise<Row[]> =>
  (await rowsOf(database, 'audit_records')).filter(({ outcome }) => outcome === 'refused');

/** The actions that were recorded about a user, oldest first, and whether the values beside them are still kept. */
export async function trailOf(database: Database, userId: number): Promise<[string, 'kept' | 'detached'][]> {
  const kept = (await rowsOf(database, 'audit_values')).map((row) => toUuid(row.record_id));
  return (await rowsOf(database, 'audit_records'))
    .filter((row) => Number(row.subject_user_id) === userId)
    .map(({ id, action }) => [String(action), kept.includes(toUuid(id)) ? 'kept' : 'detached']);
}

/**
 * The content of the whole database: equal before and after where nothing was changed. That somebody tried to is
 * recorded, and no change.
 */
export async function snapshotOf(database: Database): Promise<Record<string, string[]>> {
  const refused = new Set((await refusalsOf(database)).map(({ id }) => toUuid(id)));
  const isRefusal = ({ id, record_id: recordId }: Row) => refused.has(toUuid(id ?? recordId));
  const content: Record<string, string[]> = {};
  for (const table of TABLES) {
    const rows = await rowsOf(database, table);
    const shown = table.startsWith('audit_') ? rows.filter((row) => !isRefusal(row)) : rows;
    content[table] = shown.map((row) => JSON.stringify(row));
  }
  return content;
}

/** Begins anew, which is much faster than another API. Generated ids go on where they were. */
export async function emptyTables(database: Database): Promise<void> {
  for (const table of TABLES) {
    if (table !== 'counters') await database.query(new Statement([`DELETE FROM ${table}`], []));
  }
}
