import type { Engine } from '../../src/database/engines/engine';
import { sql } from '../../src/database/sql';
import type { Transaction } from '../../src/database/transaction';
import { DuplicateKeyError } from '../../src/database/unit-of-work';
import { connectionIdOf, killConnection, type OpenDatabase, openDatabase } from './support/open-database';

let open: OpenDatabase;
beforeAll(async () => {
  open = await openDatabase();
});
beforeEach(async () => {
  await open.database.query(sql`DELETE FROM counters WHERE name <> 'users'`);
  await open.database.query(sql`INSERT INTO counters (name, next_value) VALUES ('a', 0), ('b', 0)`);
});
afterAll(() => open.close());

const add = (name: string, by = 1) =>
  sql`UPDATE counters SET next_value = next_value + ${by} WHERE name = ${name}`;
const insert = (name: string) => sql`INSERT INTO counters (name, next_value) VALUES (${name}, 0)`;
const lock = (name: string) => sql`SELECT next_value FROM counters WHERE name = ${name} FOR UPDATE`;
const valueOf = async (name: string) => {
  const { rows } = await open.database.query(sql`SELECT next_value FROM counters WHERE name = ${name}`);
  return rows[0] ? Number(rows[0].next_value) : null;
};

/** Something that one side waits for and another lets happen. */
function gate() {
  let openGate: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (openGate = resolve));
  return { open: () => openGate(), opened };
}

/** Somebody else locks a counter. @returns what lets it go */
async function holdLock(name: string): Promise<() => Promise<void>> {
  const [held, release] = [gate(), gate()];
  const holder = open.database.transaction(async (tx) => {
    await tx.read(lock(name));
    held.open();
    await release.opened;
  });
  await held.opened;
  return async () => {
    release.open();
    await holder;
  };
}

const sleepInServer = () =>
  open.database.engine.name === 'mysql' ? sql`SELECT SLEEP(20)` : sql`SELECT pg_sleep(20)`;

/** Waits until the server runs the sleeping statement of this connection. */
async function untilItSleeps(id: number): Promise<void> {
  const asleep =
    open.database.engine.name === 'mysql'
      ? sql`SELECT 1 FROM information_schema.processlist WHERE id = ${id} AND info LIKE '%SLEEP%'`
      : sql`SELECT 1 FROM pg_stat_activity WHERE pid = ${id} AND wait_event = 'PgSleep'`;
  while ((await open.database.query(asleep)).rows.length === 0);
}

describe('a unit of work', () => {
  it('commits what it wrote, and answers what it was given', async () => {
    const answer = await open.database.transaction((tx) => {
      tx.write(add('a'));
      tx.write(add('b', 2));
      return Promise.resolve('done');
    });
    expect([answer, await valueOf('a'), await valueOf('b')]).toEqual(['done', 1, 2]);
  });

  it('I3: leaves nothing where it throws, before and after it has written', async () => {
    const failing = async (tx: Transaction) => {
      await tx.execute(add('a'));
      tx.write(add('b'));
      throw new Error('second thoughts');
    };
    await expect(open.database.transaction(failing)).rejects.toThrow('second thoughts');
    const atOnce = () => Promise.reject(new Error('at once'));
    await expect(open.database.transaction(atOnce)).rejects.toThrow('at once');
    expect([await valueOf('a'), await valueOf('b')]).toEqual([0, 0]);
  });

  it('I3: a duplicate key undoes everything, is named, and is not rerun', async () => {
    let runs = 0;
    const refused = open.database.transaction(async (tx) => {
      runs++;
      tx.write(add('a'));
      await tx.execute(insert('b'));
    });
    await expect(refused).rejects.toMatchObject({ key: 'PRIMARY' });
    await expect(refused).rejects.toBeInstanceOf(DuplicateKeyError);
    expect([runs, await valueOf('a')]).toEqual([1, 0]);
  });

  it('runs at READ COMMITTED: it sees what others committed meanwhile', async () => {
    const seen = await open.database.transaction(async (tx) => {
      await tx.read(sql`SELECT next_value FROM counters`);
      await open.database.query(add('a', 5));
      const [[row]] = await tx.read(sql`SELECT next_value FROM counters WHERE name = 'a'`);
      return Number(row?.next_value);
    });
    expect(seen).toBe(5);
  });

  it('reruns the whole of itself after a real deadlock, and both sides end', async () => {
    const [first, second] = [gate(), gate()];
    let runs = 0;
    const side = (
      mine: string,
      hers: string,
      here: ReturnType<typeof gate>,
      there: ReturnType<typeof gate>,
    ) =>
      open.database.transaction(async (tx) => {
        runs++;
        await tx.execute(add(mine));
        here.open();
        await there.opened;
        await tx.execute(add(hers));
      });
    await Promise.all([side('a', 'b', first, second), side('b', 'a', second, first)]);
    expect(runs).toBeGreaterThan(2);
    expect([await valueOf('a'), await valueOf('b')]).toEqual([2, 2]);
  });

  it('service.busy with Retry-After once every run met a lock; nothing was changed', async () => {
    const release = await holdLock('a');
    let runs = 0;
    const waiter = open.database.transaction(async (tx) => {
      runs++;
      // The shortest that each engine can wait.
      if (open.database.engine.name === 'mysql') tx.write(sql`SET SESSION innodb_lock_wait_timeout = 1`);
      else tx.write(sql`SET LOCAL lock_timeout = 20`);
      tx.write(add('b'));
      await tx.execute(add('a'));
    });
    await expect(waiter).rejects.toMatchObject({ code: 'service.busy', options: { retryAfterSeconds: 1 } });
    await release();
    expect([runs, await valueOf('a'), await valueOf('b')]).toEqual([5, 0, 0]);
  });

  it('service.busy of a statement by itself that met a lock for too long', async () => {
    const release = await holdLock('a');
    await expect(open.database.query(add('a'))).rejects.toMatchObject({ code: 'service.busy' });
    await release();
    expect(await valueOf('a')).toBe(0);
  });

  it('is run again where the connection dies before COMMIT', async () => {
    let runs = 0;
    await open.database.transaction(async (tx) => {
      runs++;
      await tx.execute(add('a'));
      if (runs === 1) await killConnection(open.database, await connectionIdOf(open.database, tx));
      await tx.execute(add('b'));
    });
    expect([runs, await valueOf('a'), await valueOf('b')]).toEqual([2, 1, 1]);
  });

  it('is run again where the connection dies while a statement before COMMIT is under way', async () => {
    let runs = 0;
    await open.database.transaction(async (tx) => {
      runs++;
      await tx.execute(add('a'));
      if (runs > 1) return;
      const id = await connectionIdOf(open.database, tx);
      void untilItSleeps(id).then(() => killConnection(open.database, id));
      await tx.read(sleepInServer());
    });
    expect([runs, await valueOf('a')]).toEqual([2, 1]);
  });
});

describe('I3: a connection that is lost during COMMIT has an unknown outcome', () => {
  const unknown = { code: 'service.outcome_unknown', options: { retryAfterSeconds: 1 } };

  it('is never rerun where the server was killed in the script that commits', async () => {
    let runs = 0;
    const work = open.database.transaction(async (tx) => {
      runs++;
      const id = await connectionIdOf(open.database, tx);
      void untilItSleeps(id).then(() => killConnection(open.database, id));
      tx.write(add('a'));
      tx.write(sleepInServer());
    });
    await expect(work).rejects.toMatchObject(unknown);
    expect([runs, await valueOf('a')]).toEqual([1, 0]);
  });

  it('is never rerun where the server had committed and its answer was lost', async () => {
    const { engine } = open.database;
    const losing: Engine['send'] = async (connection, script, count) => {
      const results = await engine.send(connection, script, count);
      if (!script.endsWith('COMMIT')) return results;
      engine.destroy(connection);
      return engine.send(connection, 'SELECT 1', 1);
    };
    let runs = 0;
    const work = open.through({ send: losing }).transaction((tx) => {
      runs++;
      tx.write(add('a'));
      return Promise.resolve();
    });
    await expect(work).rejects.toMatchObject(unknown);
    expect([runs, await valueOf('a')]).toEqual([1, 1]);
  });

  it('leaves no dead connection in the pool', async () => {
    await Promise.all(
      Array.from({ length: 40 }, () => open.database.transaction(async (tx) => tx.execute(add('b')))),
    );
    expect(await valueOf('b')).toBe(40);
  });
});
