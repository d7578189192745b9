import pino from 'pino';
import { appendAudit } from '../../src/audit/audit';
import { sealRecords, startSealer } from '../../src/audit/seal-records';
import { toInteger, toUuid } from '../../src/database/decode';
import { sql } from '../../src/database/sql';
import { newUuid, Uuid } from '../../src/database/uuid';
import { waitFor } from '../support/processes';
import { entry, openTrail, positionsOf, type Trail } from './support/trail';

let trail: Trail;
beforeAll(async () => {
  trail = await openTrail();
});
beforeEach(() => trail.empty());
afterAll(() => trail.close());

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

describe('the sealer', () => {
  it('chains every record once where several seal at the same time, while more are written', async () => {
    const RECORDS = 1_600;
    let written = 0;
    const write = async () => {
      for (; written < RECORDS;) {
        written += 40;
        await trail.append(...Array.from({ length: 40 }, () => ({})));
      }
    };
    const seal = async () => {
      while (written < RECORDS) await sealRecords(trail.database, trail.keyring);
    };
    await Promise.all([write(), write(), seal(), seal(), seal()]);
    await trail.seal();
    expect(await positionsOf(trail)).toEqual(upTo(RECORDS));
    expect(await trail.verify()).toEqual({ verifiedTo: RECORDS, next: null, broken: null });
  });

  it('takes what a long transaction commits late, though its records are older than those in the chain', async () => {
    const early = entry({ target: 'user:7' });
    await trail.database.transaction(async (tx) => {
      // Its ids are taken now.
      const statements = appendAudit([early]);
      await tx.execute(statements[0] ?? sql`SELECT 1`);
      tx.write(statements.slice(1));
      await trail.append({}, {});
      expect(await trail.seal()).toBe(2);
    });
    expect(await trail.seal()).toBe(1);
    const { rows } = await trail.database.query(
      sql`SELECT id, position, target FROM audit_records ORDER BY id`,
    );
    expect(rows.map(({ position }) => toInteger(position))).toEqual([3, 1, 2]);
    expect(rows[0]?.target).toBe('user:7');
    expect((await trail.verify()).broken).toBeNull();
  });

  it('leaves alone what the version before writes, without a seal', async () => {
    for (let count = 0; count < 3; count++) {
      await trail.database.query(sql`INSERT INTO audit_records
        (id, actor, client_id, action, target, request_id, changed_fields, occurred_at)
        VALUES (${new Uuid(newUuid())}, 'admin', 'admin', 'user.block', 'user:101', 'r', '[]', ${new Date()})`);
    }
    await trail.append({});
    expect(await trail.seal()).toBe(1);
    expect(await trail.verify()).toEqual({ verifiedTo: 1, next: null, broken: null });
  });

  it('lets nobody wait: a record is written while another sealer holds the head', async () => {
    await trail.append({});
    await trail.database.transaction(async (tx) => {
      await tx.read(sql`SELECT position FROM audit_head FOR UPDATE`);
      expect(await sealRecords(trail.database, trail.keyring)).toBe(0);
      await trail.append({});
    });
    expect(await trail.seal()).toBe(2);
  });

  it('seals all or nothing: a batch that fails is taken again', async () => {
    await trail.append({}, {});
    const faulty = trail.through({
      send: (connection, script, count) =>
        script.includes('UPDATE audit_head')
          ? Promise.reject(new Error('the disk is full'))
          : trail.database.engine.send(connection, script, count),
    });
    await expect(sealRecords(faulty, trail.keyring)).rejects.toBeDefined();
    expect(await trail.seal()).toBe(2);
    expect((await trail.verify()).verifiedTo).toBe(2);
  });

  it('runs by itself, finds what comes, and stops', async () => {
    const sealer = startSealer(trail.database, trail.keyring, pino({ level: 'silent' }));
    for (const expected of [1, 2]) {
      await trail.append({});
      await waitFor(async () => {
        const { rows } = await trail.database.query(sql`SELECT position FROM audit_head`);
        return toInteger(rows[0]?.position) === expected ? true : undefined;
      }, 'the record is chained');
    }
    await sealer.stop();
    await trail.append({});
    expect(await trail.seal()).toBe(1);
    expect(toUuid(await trail.idAt(3))).toHaveLength(36);
  });
});
