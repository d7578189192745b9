import { type DataSource, type EntityManager, QueryFailedError } from 'typeorm';
import { DomainError } from '../errors';
import { ScriptConnection, type PreparedConnections } from './connection';
import type { Engine, StatementResult } from './engines/engine';
import { busy, faultOf } from './faults';
import type { Keep } from './keep';
import type { Keyring } from './keyring';
import { type Clock, sql, type Statement } from './sql';
import type { Transaction } from './transaction';
import { type Claiming, runUnitOfWork } from './unit-of-work';

/** The primary database, as features use it. */
export interface Database {
  readonly engine: Engine;
  readonly dataSource: DataSource;
  /** Shifted by tests alone. */
  readonly clock: Clock;
  /** One statement in a transaction of its own. */
  query(statement: Statement): Promise<StatementResult>;
  /**
   * See `runUnitOfWork`: `work` may run several times and must have no effects besides `tx`.
   * @param keep keeps what `work` answers for a repeat of the request
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>, keep?: Keep<T>): Promise<T>;
  /** The same for the changes of several requests, each of which `work` keeps or releases itself. */
  sharedTransaction<T>(claiming: Claiming, work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Reads through TypeORM's entities, outside a transaction. */
  find<T>(read: (entities: EntityManager) => Promise<T>): Promise<T>;
  /** Rejects where the server does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Wraps an initialised data source; `close` destroys it.
 * @param keyring for what is written under a key, such as the audit trail
 */
export function createDatabase(
  dataSource: DataSource,
  engine: Engine,
  clock: Clock = { shiftMs: 0 },
  keyring: Keyring | null = null,
): Database {
  const prepared: PreparedConnections = new WeakSet();
  const open = () => ScriptConnection.open(dataSource, engine, { clock, keyring }, prepared);

  return {
    engine,
    dataSource,
    clock,

    async query(statement) {
      const connection = await open();
      try {
        const [result] = await connection.send([statement]);
        return result ?? { rows: [], affected: 0 };
      } catch (error) {
        if (faultOf(error, engine).kind !== 'connection') throw error;
        connection.destroy();
        throw busy(error);
      } finally {
        await connection.release();
      }
    },

    async find(read) {
      try {
        return await read(dataSource.manager);
      } catch (error) {
        if (error instanceof DomainError || error instanceof TypeError) throw error;
        // Where no connection can be had TypeORM passes the driver's error on bare.
        const driverError: unknown = error instanceof QueryFailedError ? error.driverError : error;
        throw engine.classify(driverError).kind === 'connection' ? busy(error) : error;
      }
    },

    transaction: (work, keep) =>
      keep === undefined
        ? runUnitOfWork(open, engine, work)
        : runUnitOfWork(
            open,
            engine,
            async (tx) => {
              const value = await work(tx);
              tx.write(keep.kept(value));
              return value;
            },
            { claims: [keep], wait: true },
          ),

    sharedTransaction: (claiming, work) => runUnitOfWork(open, engine, work, claiming),

    async ping() {
      await this.query(sql`SELECT 1`);
    },

    close: () => dataSource.destroy(),
  };
}
