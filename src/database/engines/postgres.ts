import { setTimeout as delay } from 'node:timers/promises';
import { escapeLiteral, type Client, type QueryResult } from 'pg';
import type { QueryRunner } from 'typeorm';
import { sql, type SqlValue } from '../sql';
import { type Engine, type Fault, LOCK_WAIT_SECONDS, TRANSACTION_LIMIT_MS } from './engine';
import { Uuid } from '../uuid';

const CONFLICTS = new Set(['40P01' /* deadlock */, '40001' /* serialisation */, '55P03' /* lock timeout */]);
const READ_ONLY = '25006';
const UNIQUE_VIOLATION = '23505';
const MIGRATION_LOCK = 7_021_966_001;
const MIGRATION_LOCK_POLL_MS = 100;

/** PostgreSQL 14+, through pg's simple protocol (several statements a round trip). */
export const postgresEngine: Engine = {
  name: 'postgres',

  sessionSetup: [
    sql`SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED`,
    sql`SET lock_timeout = ${LOCK_WAIT_SECONDS * 1000}`,
    sql`SET idle_in_transaction_session_timeout = ${TRANSACTION_LIMIT_MS}`,
    sql`SET timezone = 'UTC'`,
  ],

  // A standby, and a server whose transactions only read by default.
  selectDemoted: sql`SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS demoted`,

  literal(value: SqlValue): string {
    if (value === null) return 'NULL';
    if (value instanceof Uuid) return `'${value.text}'::uuid`;
    if (value instanceof Date) return `'${value.toISOString()}'::timestamptz`;
    return typeof value === 'string' ? quote(value) : String(value);
  },

  async send(connection, script, count) {
    const result: unknown = await (connection as Client).query(script);
    const results = (count === 1 ? [result] : result) as QueryResult[];
    return results.map(({ rows, rowCount }) => ({ rows, affected: rowCount ?? 0 }));
  },

  destroy(connection) {
    const client = connection as Client & { connection: { stream: { destroy(): void } } };
    // At once, so that the pool does not hand the connection out again before it has noticed its end.
    void client.end().catch(() => undefined);
    // `end()` alone would wait for a server that went silent.
    client.connection.stream.destroy();
  },

  classify(error): Fault {
    const { code, constraint, severity } = error as { code?: string; constraint?: string; severity?: string };
    // Class 57: the server ended the session (shutdown, idle-in-transaction timeout is 25P03).
    if (severity === undefined || code?.startsWith('57P') || code === '25P03') return { kind: 'connection' };
    if (code === UNIQUE_VIOLATION) return { kind: 'duplicate', key: primaryOr(constraint ?? '') };
    if (code === READ_ONLY) return { kind: 'demoted' };
    return { kind: code !== undefined && CONFLICTS.has(code) ? 'conflict' : 'other' };
  },

  async withMigrationLock<T>(queryRunner: QueryRunner, work: () => Promise<T>): Promise<T> {
    // Asked for again and again: who waits inside a statement would hold off an index that is built concurrently.
    const ask = `SELECT pg_try_advisory_lock(${MIGRATION_LOCK}) AS held`;
    for (let held = false; !held;) {
      const [got] = (await queryRunner.query(ask)) as { held: boolean }[];
      held = got?.held === true;
      if (!held) await delay(MIGRATION_LOCK_POLL_MS);
    }
    try {
      return await work();
    } finally {
      await queryRunner.query(`SELECT pg_advisory_unlock(${MIGRATION_LOCK})`);
    }
  },
};

/** pg builds its literal character by character; a list of thousands of ids has none that it would escape. */
const quote = (text: string): string => (/['\\]/.test(text) ? escapeLiteral(text) : `'${text}'`);

/** MySQL calls every primary key PRIMARY; so do we. */
const primaryOr = (constraint: string): string => (constraint.endsWith('_pkey') ? 'PRIMARY' : constraint);
