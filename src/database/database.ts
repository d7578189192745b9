import { type DataSource, type EntityManager, QueryFailedError } from 'typeorm';
import { DomainError } from '../errors';
import { ScriptConnection, type PreparedConnections } from './connection';
import type { Engine, StatementResult } from './engines/engine';
import { assertPrimary, busy, faultOf, isAway } from './faults';
import type { Keep } from './keep';
import type { Keyring } from './keyring';
import { type Clock, sql, type Statement } from './sql';
import type { Transaction } from './transaction';
import { type Claiming, runUnitOfWork, type Site } from './unit-of-work';
import type { Topic } from '../wakeups/wakeups';

/** The primary database, as features use it. */
export interface Database {
  readonly engine: Engine;
  readonly dataSource: DataSource;
  /** Shifted by tests alone. */
  readonly clock: Clock;
  /** One statement in a transaction of its own. @throws `service.busy` where it met a lock, too: it is not run again */
  query(statement: Statement): Promise<StatementResult>;
  /** The same where access is decided by what is read, in the same round trip. @throws `service.busy` of a server that was demoted */
  queryPrimary(statement: Statement): Promise<StatementResult>;
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
 * @param announce told after each commit of what it announces; must not fail
 */
export function createDatabase(
  dataSource: DataSource,
  engine: Engine,
  clock: Clock = { shiftMs: 0 },
  keyring: Keyring | null = null,
  announce: (topic: Topic) => void = () => undefined,
): Database {
  const prepared: PreparedConnections = new WeakSet();
  const open = () => ScriptConnection.open(dataSource, engine, { clock, keyring }, prepared);
  const site: Site = { open, engine, announce };
  const onConnection = async <T>(work: (connection: ScriptConnection) => Promise<T>): Promise<T> => {
    const connection = await open();
    try {
      return await work(connection);
    } catch (error) {
      const fault = faultOf(error, engine);
      if (isAway(fault)) connection.destroy();
      else if (fault.kind !== 'conflict') throw error;
      throw busy(error);
    } finally {
      await connection.release();
    }
  };

  return {
    engine,
    dataSource,
    clock,

    query: (statement) =>
      onConnection(async (connection) => {
        const [result] = await connection.send([statement]);
        return result ?? { rows: [], affected: 0 };
      }),

    queryPrimary: (statement) =>
      onConnection(async (connection) => {
        // In this order: whoever was the primary a moment ago has all that was committed until then.
        const [checked, result] = await connection.send([engine.selectDemoted, statement]);
        assertPrimary(checked?.rows ?? []);
        return result ?? { rows: [], affected: 0 };
      }),

    async find(read) {
      try {
        return await read(dataSource.manager);
      } catch (error) {
        if (error instanceof DomainError || error instanceof TypeError) throw error;
        // Where no connection can be had TypeORM passes the driver's error on bare.
        const driverError: unknown = error instanceof QueryFailedError ? error.driverError : error;
        throw isAway(engine.classify(driverError)) ? busy(error) : error;
      }
    },

    transaction: (work, keep) =>
      keep === undefined
        ? runUnitOfWork(site, work)
        : runUnitOfWork(
            site,
            async (tx) => {
              const value = await work(tx);
              tx.write(keep.kept(value));
              return value;
            },
            { claims: [keep], wait: true },
          ),

    sharedTransaction: (claiming, work) => runUnitOfWork(site, work, claiming),

    async ping() {
      await this.query(sql`SELECT 1`);
    },

    close: () => dataSource.destroy(),
  };
}
