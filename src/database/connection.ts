import type { DataSource, QueryRunner } from 'typeorm';
import type { Keyring } from './keyring';
import { type Clock, EngineFragment, KeyedValue, type Statement } from './sql';
import { busy, DriverError } from './faults';
import { type Engine, type StatementResult, TRANSACTION_LIMIT_MS } from './engines/engine';

/** Connections that have had their session settings; a pool hands the same ones out again. */
export type PreparedConnections = WeakSet<object>;

/** What a statement meets when it is rendered. */
export interface RenderContext {
  clock: Clock;
  /** Null where nothing that is written needs a key. */
  keyring: Keyring | null;
}

/** One connection of TypeORM's pool, spoken to in scripts: several statements in one round trip. */
export class ScriptConnection {
  private constructor(
    private readonly engine: Engine,
    private readonly context: RenderContext,
    private readonly raw: object,
    private readonly prepared: PreparedConnections,
    readonly queryRunner: QueryRunner,
  ) {}

  /** @throws `service.busy` where the pool has no connection to give. */
  static async open(
    dataSource: DataSource,
    engine: Engine,
    context: RenderContext,
    prepared: PreparedConnections,
  ): Promise<ScriptConnection> {
    const queryRunner = dataSource.createQueryRunner('master');
    try {
      const raw = (await queryRunner.connect()) as object;
      return new ScriptConnection(engine, context, raw, prepared, queryRunner);
    } catch (error) {
      throw busy(error);
    }
  }

  /** Sends the statements in one round trip; a statement that fails keeps the later ones from running. */
  async send(statements: readonly Statement[]): Promise<StatementResult[]> {
    // Outside the try: what cannot be written is a fault of ours and says nothing of the server.
    const { sessionSetup } = this.engine;
    const script = this.render(statements);
    // A server that went silent would hold the caller for ever: the connection is given up instead.
    const deadline = setTimeout(() => this.destroy(), TRANSACTION_LIMIT_MS);
    try {
      // By itself: PostgreSQL would take it into the transaction that follows, and undo it with that.
      if (!this.prepared.has(this.raw)) await this.sendScript(this.render(sessionSetup), sessionSetup.length);
      this.prepared.add(this.raw);
      return await this.sendScript(script, statements.length);
    } catch (error) {
      throw new DriverError(error);
    } finally {
      clearTimeout(deadline);
    }
  }

  private render(statements: readonly Statement[]): string {
    return statements.map((statement) => render(statement, this.engine, this.context)).join('; ');
  }

  private sendScript(script: string, count: number): Promise<StatementResult[]> {
    return this.engine.send(this.raw, script, count);
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

function render(statement: Statement, engine: Engine, { clock, keyring }: RenderContext): string {
  const values = statement.values.map((value) => {
    if (value instanceof EngineFragment) return value.spelling[engine.name](clock);
    if (!(value instanceof KeyedValue)) return engine.literal(value);
    if (!keyring) throw new Error('the statement needs keys, and the database was opened without');
    return engine.literal(value.make(keyring));
  });
  return statement.text.reduce((text, piece, index) => text + (values[index - 1] ?? '') + piece);
}
