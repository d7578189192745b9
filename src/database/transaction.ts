import type { EntityManager } from 'typeorm';
import type { ScriptConnection } from './connection';
import { MAX_TRANSACTION_MS, type Row } from './engines/engine';
import { busy } from './faults';
import { sql, Statement } from './sql';
import type { Topic } from '../wakeups/wakeups';

/**
 * A transaction that spares round trips: writes wait until something is read or until COMMIT, and leave with
 * it in one script. A use case that locks and reads once and then writes costs two round trips in all.
 */
export class Transaction {
  private waiting: Statement[] = [sql`BEGIN`];
  /** What is to be announced after the commit: topics of statements that were sent. */
  readonly topics = new Set<Topic>();

  private readonly begunAt = performance.now();

  constructor(private readonly connection: ScriptConnection) {}

  /** Sends what waits and these statements; answers the rows of each. */
  async read<const S extends readonly Statement[]>(...statements: S): Promise<{ [I in keyof S]: Row[] }> {
    const results = await this.flush(statements);
    return results.map(({ rows }) => rows) as { [I in keyof S]: Row[] };
  }

  /** Queues writes whose outcome nobody has to see before the commit. */
  write(statements: Statement | readonly Statement[]): void {
    this.waiting.push(...(statements instanceof Statement ? [statements] : statements));
  }

  /** Sends a write at once and answers how many rows it changed. */
  async execute(statement: Statement): Promise<number> {
    const [result] = await this.flush([statement]);
    return result?.affected ?? 0;
  }

  /**
   * TypeORM's manager on this transaction's connection. Its `insert`, `update`, `delete` and finders are part of
   * the transaction; `save` and `remove` would open one of their own.
   */
  async entities(): Promise<EntityManager> {
    await this.flush([]);
    return this.connection.queryRunner.manager;
  }

  /** Called by the unit of work alone. */
  async commit(): Promise<void> {
    await this.flush([sql`COMMIT`]);
  }

  /** Called by the unit of work alone. */
  async rollback(): Promise<void> {
    await this.connection.send([sql`ROLLBACK`]);
  }

  private async flush(statements: readonly Statement[]) {
    const before = this.waiting;
    this.waiting = [];
    if (before.length + statements.length === 0) return [];
    // Nothing of it is ever committed later: who waits for what it has begun knows when to give up (`access/feed/`).
    if (performance.now() - this.begunAt > MAX_TRANSACTION_MS) throw busy(new Error('it took too long'));
    for (const { topic } of [...before, ...statements]) if (topic !== null) this.topics.add(topic);
    const results = await this.connection.send([...before, ...statements]);
    return results.slice(before.length);
  }
}
