import pino from 'pino';
import { auditSweeps } from '../../src/audit/audit-retention';
import { createHeadWatch } from '../../src/audit/head-watch';
import { sealRecords, startSealer } from '../../src/audit/seal-records';
import { toInteger } from '../../src/database/decode';
import { sql } from '../../src/database/sql';
import { waitFor } from '../support/processes';
import { openTrail, type Trail } from './support/trail';

interface Line {
  level: number;
  msg: string;
  position?: number;
  chainHash?: string;
  err?: { message: string };
}

let trail: Trail;
let logged: Line[];
beforeAll(async () => {
  trail = await openTrail();
});
beforeEach(async () => {
  await trail.empty();
  await trail.database.query(sql`DELETE FROM audit_head`);
  await trail.database.query(sql`INSERT INTO audit_head (name, position, chain_hash) VALUES ('head', 0, '')`);
  logged = [];
});
afterAll(() => trail.close());

const newLog = () => pino({}, { write: (line: string) => logged.push(JSON.parse(line) as Line) });
const ofLevel = (level: 'info' | 'error') =>
  logged.filter((line) => line.level === pino.levels.values[level]);

/** A worker, as far as the chain goes. */
function newWorker() {
  const clock = { ms: 0 };
  const watch = createHeadWatch(trail.keyring, newLog(), () => clock.ms);
  return { clock, seal: () => sealRecords(trail.database, trail.keyring, watch) };
}

const headRow = async () => {
  const { rows } = await trail.database.query(sql`SELECT position, chain_hash FROM audit_head`);
  return rows[0] && { position: toInteger(rows[0].position), chainHash: String(rows[0].chain_hash) };
};

/** Hides the record at a position, as somebody can who writes to the tables and has no key. */
async function hide(position: number): Promise<void> {
  const { rows } = await trail.database.query(
    sql`SELECT chain_hash FROM audit_records WHERE position = ${position - 1}`,
  );
  await trail.database.query(sql`DELETE FROM audit_records WHERE position = ${position}`);
  await trail.database.query(sql`UPDATE audit_records SET position = NULL, chain_hash = NULL, unchained = TRUE
    WHERE position > ${position}`);
  await trail.database.query(
    sql`UPDATE audit_head SET position = ${position - 1}, chain_hash = ${String(rows[0]?.chain_hash)}`,
  );
}

describe('a worker that has seen the head of the chain', () => {
  it('never chains anew behind it: the record that was hidden stays missed', async () => {
    const worker = newWorker();
    await trail.append({}, {}, {}, {});
    await worker.seal();
    await hide(2);
    for (let round = 0; round < 2; round++) await expect(worker.seal()).rejects.toThrow('from position 4');
    expect(await headRow()).toMatchObject({ position: 1 });
    // Without that memory it would be hidden for good.
    await trail.seal();
    expect((await trail.verify()).broken).toBeNull();
  });

  it('notices that others, who had not seen it, have chained anew: shorter, as long, and longer', async () => {
    for (const more of [0, 1, 2]) {
      await trail.empty();
      const worker = newWorker();
      await trail.append({}, {}, {}, {});
      await worker.seal();
      await hide(2);
      await trail.append(...Array.from({ length: more }, () => ({})));
      await trail.seal();
      expect((await headRow())?.position).toBe(3 + more);
      await expect(worker.seal()).rejects.toMatchObject({ name: 'ChainTampered' });
    }
  });

  it('has seen what another has chained, also while that one holds the head', async () => {
    const worker = newWorker();
    await trail.append({}, {}, {});
    await trail.seal();
    await trail.database.transaction(async (tx) => {
      await tx.read(sql`SELECT position FROM audit_head FOR UPDATE`);
      expect(await worker.seal()).toBe(0);
    });
    await hide(2);
    await expect(worker.seal()).rejects.toThrow('from position 3');
  });

  it('misses a record at the head that was taken away, but none that retention has cut off', async () => {
    const worker = newWorker();
    await trail.append({ occurredAt: new Date(0) }, { occurredAt: new Date(0) });
    await worker.seal();
    for (const sweep of auditSweeps(trail.keyring, 30)) await sweep.batch(trail.database);
    await trail.append({});
    expect(await worker.seal()).toBe(1);
    expect((await trail.verify()).verifiedTo).toBe(3);
    await trail.database.query(sql`DELETE FROM audit_records WHERE position = 3`);
    await expect(worker.seal()).rejects.toThrow('from position 3');
  });

  it('goes on where a commit of its own failed', async () => {
    const watch = createHeadWatch(trail.keyring);
    await trail.append({});
    const faulty = trail.through({
      send: (connection, script, count) =>
        script.includes('UPDATE audit_head')
          ? Promise.reject(new Error('the disk is full'))
          : trail.database.engine.send(connection, script, count),
    });
    await expect(sealRecords(faulty, trail.keyring, watch)).rejects.toBeDefined();
    // The server may still be undoing it, and holds the head meanwhile.
    const again = async () => (await sealRecords(trail.database, trail.keyring, watch)) || undefined;
    expect(await waitFor(again, 'the record to be chained')).toBe(1);
  });
});

describe('the log, a witness outside of the database', () => {
  it('holds the head whenever it has grown, at most once a minute', async () => {
    const { clock, seal } = newWorker();
    const heads: unknown[] = [];
    await seal();
    expect(logged).toEqual([]);
    for (const ms of [0, 59_999]) {
      clock.ms = ms;
      await trail.append({});
      await seal();
      heads.push(await headRow());
    }
    expect(ofLevel('info')).toMatchObject([heads[0]]);
    clock.ms = 60_000;
    for (const round of [1, 2]) {
      await seal();
      expect([round, ofLevel('info')]).toMatchObject([round, heads]);
    }
    clock.ms = 600_000;
    await seal();
    expect(logged).toHaveLength(2);
  });

  it.each([
    ['was set back', () => hide(2), /from position 3/],
    ['is gone', () => trail.database.query(sql`DELETE FROM audit_head`), /head of the audit trail is gone/],
  ])(
    'says as an error, round by round, that the head %s; nothing is chained',
    async (_what, tamper, message) => {
      await trail.append({}, {}, {});
      const sealer = startSealer(trail.database, trail.keyring, newLog());
      await waitFor(() => Promise.resolve(ofLevel('info')[0]), 'the head is seen');
      await tamper();
      const before = await headRow();
      await trail.append({});
      await waitFor(() => Promise.resolve(ofLevel('error')[1]), 'a second round says so');
      await sealer.stop();
      const [error] = ofLevel('error');
      expect([error?.msg, error?.err?.message]).toEqual([
        'audit records could not be chained',
        expect.stringMatching(message),
      ]);
      expect(await headRow()).toEqual(before);
      const { rows } = await trail.database.query(
        sql`SELECT COUNT(*) AS waiting FROM audit_records WHERE unchained = TRUE`,
      );
      expect(toInteger(rows[0]?.waiting)).toBe(before ? 2 : 1);
    },
  );
});
