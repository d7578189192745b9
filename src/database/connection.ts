import type { DataSource, QueryRunner } from 'typeorm';
import { type Clock, EngineFragment, type Statement } from './sql';
import { busy, DriverError } from './faults';
import { type Engine, type StatementResult, TRANSACTION_LIMIT_MS } from './engines/engine';

/** Connections that have had their session settings; a pool hands the same ones out again. */
export type PreparedConnections = WeakSet<object>;

/** One connection of TypeORM's pool, spoken to in scripts: several statements in one round trip. */
export class ScriptConnection {
  private constructor(
    private readonly engine: Engine,
    private readonly clock: Clock,
    private readonly raw: object,
    private readonly prepared: PreparedConnections,
    readonly queryRunner: QueryRunner,
  ) {}

  /** @throws `service.busy` where the pool has no connection to give. */
  static async open(
    dataSource: DataSource,
    engine: Engine,
    clock: Clock,
    prepared: PreparedConnections,
  ): Promise<ScriptConnection> {
    const queryRunner = dataSource.createQueryRunner('master');
    try {
      const raw = (await queryRunner.connect()) as object;
      return new ScriptConnection(engine, clock, raw, prepared, queryRunner);
    } catch (error) {
      throw busy(error);
    }
  }

  /** Sends the statements in one round trip; a statement that fails keeps the later ones from running. */
  async send(statements: readonly Statement[]): Promise<StatementResult[]> {
    // A server that went silent would hold the caller for ever: the connection is given up instead.
    const deadline = setTimeout(() => this.destroy(), TRANSACTION_LIMIT_MS);
    try {
      // By itself: PostgreSQL would take it into the transaction that follows, and undo it with that.
      if (!this.prepared.has(this.raw)) await this.sendScript(this.engine.sessionSetup);
      this.prepared.add(this.raw);
      return await this.sendScript(statements);
    } catch (error) {
      throw new DriverError(error);
    } finally {
      clearTimeout(deadline);
    }
  }

  private sendScript(statements: readonly Statement[]): Promise<StatementResult[]> {
    const text = statements.map((statement) => render(statement, this.engine, this.clock)).join('; ');
    return this.engine.send(this.raw, text, statements.length);
  }

  /** Has the session's settings sent again before the next script: a script that failed may have left others. */
  forgetSettings(): void {
    this.prepared.delete(this.raw);
  }

  /** The server rolls back what was open; the pool opens another connection when it needs one. */
  destroy(): void {
    this.engine.destroy(this.raw);
  }

  async release(): Promise<void> {
    await this.queryRunner.release();
  }
}

function render(statement: Statement, engine: Engine, clock: Clock): string {
  const values = statement.values.map((value) =>
    value instanceof EngineFragment ? value.spelling[engine.name](clock) : engine.literal(value),
  );
  return statement.text.reduce((text, piece, index) => text + (values[index - 1] ?? '') + piece);
}
