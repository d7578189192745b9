import type { QueryRunner } from 'typeorm';
import type { EngineName, SqlValue, Statement } from '../sql';

export type Row = Record<string, unknown>;

export interface StatementResult {
  rows: Row[];
  /** Rows that the statement changed. */
  affected: number;
}

/** What the unit of work needs to know of a database server. One implementation an engine. */
export interface Engine {
  readonly name: EngineName;
  /** Sent once a connection, before its first use. */
  readonly sessionSetup: readonly Statement[];
  /** Reads as `demoted` whether the server takes no changes: then another may be the primary, of which it knows nothing. */
  readonly selectDemoted: Statement;
  /** Writes a value as a literal of this engine. */
  literal(value: SqlValue): string;
  /** Sends statements in one round trip and answers a result for each. */
  send(connection: unknown, script: string, count: number): Promise<StatementResult[]>;
  /** Tears the connection down, so that the server rolls back and the pool forgets it. */
  destroy(connection: unknown): void;
  classify(error: unknown): Fault;
  /** Holds one lock for the whole server while migrations run. */
  withMigrationLock<T>(queryRunner: QueryRunner, work: () => Promise<T>): Promise<T>;
}

/**
 * What an error of the driver means. `conflict`: another transaction was in the way, run the unit of work
 * again. `connection`: nobody knows how far the server came. `demoted`: it takes no changes, and another may be the
 * primary now; nothing was changed, and the connection is of no use any more.
 */
export type Fault =
  | { kind: 'conflict' }
  | { kind: 'duplicate'; key: string }
  | { kind: 'connection' }
  | { kind: 'demoted' }
  | { kind: 'other' };

/** The lock that blocks, sign-ins and batches wait for, at most. */
export const LOCK_WAIT_SECONDS = 3;

/** Within it a script of a transaction ends, and the next one comes, or the connection is ended. */
export const TRANSACTION_LIMIT_MS = 10_000;

/** After it no script of a transaction is sent any more, so that the last ends within `TRANSACTION_LIMIT_MS` of it. */
export const MAX_TRANSACTION_MS = 20_000;
