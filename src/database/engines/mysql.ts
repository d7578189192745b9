import type { Connection, QueryResult, ResultSetHeader, RowDataPacket } from 'mysql2';
import { escape } from 'mysql2';
import type { QueryRunner } from 'typeorm';
import { sql, type SqlValue } from '../sql';
import {
  type Engine,
  type Fault,
  LOCK_WAIT_SECONDS,
  type StatementResult,
  TRANSACTION_LIMIT_MS,
} from './engine';
import { Uuid } from '../uuid';

const CONFLICTS = new Set([1205 /* lock wait timeout */, 1213 /* deadlock */, 1020 /* record has changed */]);
const READ_ONLY = new Set([
  1290 /* the option read_only */, 1792 /* a transaction that only reads */, 1836 /* innodb_read_only */,
]);
const DUPLICATE_ENTRY = 1062;
const MIGRATION_LOCK = 'portcullis.migrations';
const MIGRATION_LOCK_SECONDS = 120;

/** MySQL 8.4 and MariaDB 10.11+, through mysql2's text protocol (several statements a round trip). */
export const mysqlEngine: Engine = {
  name: 'mysql',

  sessionSetup: [
    sql`SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED`,
    // MariaDB ends a transaction that its client has forgotten; to MySQL, which cannot, this is a comment.
    sql`SET SESSION /*M! idle_transaction_timeout = ${TRANSACTION_LIMIT_MS / 1000}, */
      innodb_lock_wait_timeout = ${LOCK_WAIT_SECONDS}`,
    // Strict types, and backslash escapes as mysql2 writes them.
    sql`SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO'`,
  ],

  // The one is set where a primary is demoted, the other where a server is started upon what another writes. Newer
  // MariaDBs have words for the first.
  selectDemoted: sql`SELECT CONCAT(@@global.read_only) NOT IN ('0', 'OFF') OR @@global.innodb_read_only AS demoted`,

  literal(value: SqlValue): string {
    if (value instanceof Uuid) return value.toSqlString();
    return escape(value, false, 'Z');
  },

  send(connection, script, count) {
    return new Promise((resolve, reject) => {
      (connection as Connection).query(script, (error: Error | null, result: QueryResult) => {
        if (error) reject(error);
        else resolve((count === 1 ? [result] : (result as QueryResult[])).map(toStatementResult));
      });
    });
  },

  destroy(connection) {
    // Not `destroy()`: it would wait politely for the statement that hangs.
    (connection as { stream: { destroy(): void } }).stream.destroy();
  },

  classify(error): Fault {
    const { errno, sqlMessage, fatal, code } = error as {
      errno?: number;
      sqlMessage?: string;
      fatal?: boolean;
      code?: string;
    };
    if (errno === DUPLICATE_ENTRY) return { kind: 'duplicate', key: duplicateKey(sqlMessage ?? '') };
    if (errno !== undefined && CONFLICTS.has(errno)) return { kind: 'conflict' };
    if (errno !== undefined && READ_ONLY.has(errno)) return { kind: 'demoted' };
    // An error that the server answered carries its message; everything else happened to the connection.
    if (fatal === true || sqlMessage === undefined || code === 'ER_SERVER_SHUTDOWN')
      return { kind: 'connection' };
    return { kind: 'other' };
  },

  async withMigrationLock<T>(queryRunner: QueryRunner, work: () => Promise<T>): Promise<T> {
    const [got] = (await queryRunner.query(
      `SELECT GET_LOCK('${MIGRATION_LOCK}', ${MIGRATION_LOCK_SECONDS}) AS held`,
    )) as { held: unknown }[];
    if (Number(got?.held) !== 1)
      throw new Error('another process is still migrating; try again when it is done');
    try {
      return await work();
    } finally {
      await queryRunner.query(`SELECT RELEASE_LOCK('${MIGRATION_LOCK}')`);
    }
  },
};

/** MySQL 8 writes `'users.users_uid'`, MariaDB `'users_uid'`. */
function duplicateKey(message: string): string {
  return /for key '(?:[^'.]+\.)?([^']+)'/.exec(message)?.[1] ?? '';
}

function toStatementResult(result: QueryResult): StatementResult {
  return Array.isArray(result)
    ? { rows: result as RowDataPacket[], affected: 0 }
    : { rows: [], affected: (result as ResultSetHeader).affectedRows };
}
