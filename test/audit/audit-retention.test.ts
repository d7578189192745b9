import { auditSweeps } from '../../src/audit/audit-retention';
import { readSignedHead } from '../../src/audit/chain-head';
import { verifyPiece } from '../../src/audit/verify-chain';
import { sql } from '../../src/database/sql';
import { newUuid, Uuid } from '../../src/database/uuid';
import { openTrail, type Trail } from './support/trail';

const DAY_MS = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS);

let trail: Trail;
beforeAll(async () => {
  trail = await openTrail();
});
beforeEach(() => trail.empty());
afterAll(() => trail.close());

/** Until nothing is found; answers how many went. */
async function sweep(days = 30): Promise<number> {
  let removed = 0;
  for (const one of auditSweeps(trail.keyring, days)) {
    for (let more = true; more;) {
      const swept = await one.batch(trail.database);
      removed += swept.removed;
      ({ more } = swept);
    }
  }
  return removed;
}

const appendOf = async (...days: number[]) => {
  for (const day of days) await trail.append({ occurredAt: daysAgo(day) });
  await trail.seal();
};
const amountOf = async (): Promise<[number, number]> => {
  const records = await trail.database.query(sql`SELECT COUNT(*) AS amount FROM audit_records`);
  const values = await trail.database.query(sql`SELECT COUNT(*) AS amount FROM audit_values`);
  return [Number(records.rows[0]?.amount), Number(values.rows[0]?.amount)];
};

describe('retention of audit records', () => {
  it('cuts off what is old, with its values, and the rest of the chain still holds', async () => {
    await appendOf(90, 60, 40, 10, 5);
    expect(await sweep()).toBe(3);
    expect(await amountOf()).toEqual([2, 2]);
    expect(await verifyPiece(trail.database, trail.keyring, { after: 0, limit: 9 })).toMatchObject({
      verifiedFrom: 4,
    });
    expect(await trail.verify()).toMatchObject({ verifiedTo: 5, next: null, broken: null });
    await appendOf(0);
    expect(await trail.verify({ limit: 1 })).toMatchObject({ verifiedTo: 6, broken: null });
    expect(await sweep()).toBe(0);
    expect(await sweep(8)).toBe(1);
    expect(await trail.verify()).toMatchObject({ verifiedTo: 6, broken: null });
  });

  it('cuts no further than the first record that is not old, wherever others stand', async () => {
    await appendOf(90, 10, 60);
    expect(await sweep()).toBe(1);
    expect(await trail.verify()).toMatchObject({ verifiedTo: 3, broken: null });
  });

  it('may cut all of the chain, which goes on', async () => {
    await appendOf(90, 60);
    expect(await sweep()).toBe(2);
    expect(await trail.verify()).toMatchObject({ verifiedTo: 2, broken: null });
    await appendOf(0);
    expect(await trail.verify()).toMatchObject({ verifiedTo: 3, broken: null });
  });

  it('works in bounded batches', async () => {
    await trail.append(...Array.from({ length: 501 }, () => ({ occurredAt: daysAgo(90) })));
    await trail.seal();
    const [cut] = auditSweeps(trail.keyring, 30);
    expect(await cut?.batch(trail.database)).toEqual({ removed: 500, more: true });
    expect(await cut?.batch(trail.database)).toEqual({ removed: 1, more: false });
  });

  it('two workers at the same time do each other no harm', async () => {
    await appendOf(90, 80, 70, 10);
    const removed = await Promise.all([sweep(), sweep(), sweep()]);
    expect(removed.reduce((sum, one) => sum + one, 0)).toBe(3);
    expect(await trail.verify()).toMatchObject({ verifiedTo: 4, broken: null });
  });

  it('removes records from before there was a chain, and none that waits for its place in it', async () => {
    await trail.database.query(sql`INSERT INTO audit_records
      (id, actor, client_id, action, target, request_id, changed_fields, occurred_at)
      VALUES (${new Uuid(newUuid())}, 'admin', NULL, 'user.block', 'user:1', NULL, '[]', ${daysAgo(90)})`);
    await trail.append({ occurredAt: daysAgo(90) });
    expect(await sweep()).toBe(1);
    await trail.seal();
    expect(await trail.verify()).toMatchObject({ verifiedTo: 1, broken: null });
  });
});

describe('what retention must not hide', () => {
  it('a record that was altered is not cut off: its trace stays', async () => {
    await appendOf(90, 60, 40, 10);
    const altered = new Uuid(await trail.idAt(2));
    await trail.database.query(sql`UPDATE audit_records SET actor = 'nobody' WHERE id = ${altered}`);
    expect(await sweep()).toBe(1);
    expect((await trail.verify()).broken).toMatchObject({ position: 2, what: 'content' });
  });

  it('a beginning that was cut off without the key is missing', async () => {
    await appendOf(3, 2, 1);
    const { rows } = await trail.database.query(sql`SELECT chain_hash FROM audit_records WHERE position = 2`);
    await trail.database.query(sql`DELETE FROM audit_records WHERE position <= 2`);
    await trail.database.query(
      sql`UPDATE audit_cut SET position = 2, chain_hash = ${String(rows[0]?.chain_hash)}, seal = 'forged'`,
    );
    expect((await trail.verify()).broken).toMatchObject({ position: 1, what: 'missing' });
  });

  it('a head that was exported before holds the chain to it, as far as it was not cut off', async () => {
    await appendOf(90, 60);
    const early = await readSignedHead(trail.database, trail.keyring);
    await appendOf(40, 10);
    const late = await readSignedHead(trail.database, trail.keyring);
    await sweep(70);
    expect((await trail.verify({ head: early })).broken).toBeNull();
    await sweep();
    for (const head of [early, late]) expect((await trail.verify({ head })).broken).toBeNull();
    const other = { ...late, chainHash: early.chainHash };
    expect((await trail.verify({ head: other })).broken).toMatchObject({ position: 4, what: 'head' });
  });
});
