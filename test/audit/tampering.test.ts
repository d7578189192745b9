import { appendAudit, type AuditEntry } from '../../src/audit/audit';
import { newSalt } from '../../src/audit/record-form';
import { openSignedHead, readSignedHead } from '../../src/audit/chain-head';
import { detachIdentifyingValues } from '../../src/audit/detach-values';
import { pageRecords, valuesOrNull } from '../../src/audit/audit-queries';
import { sql, type Statement } from '../../src/database/sql';
import { newUuid, Uuid } from '../../src/database/uuid';
import { ADDRESS, entry, openTrail, positionsOf, type Trail } from './support/trail';

let trail: Trail;
beforeAll(async () => {
  trail = await openTrail();
});
beforeEach(async () => {
  await trail.empty();
  await trail.append({}, { target: 'user:102' }, { target: 'session:s1', userId: 103 });
  await trail.append({ outcome: 'refused', code: 'user.not_found', actor: nobody, ...noValues }, {}, {});
  await trail.seal();
});
afterAll(() => trail.close());

const noValues = { before: undefined, after: undefined, onBehalfOfUserId: null };
const nobody = { subject: 'admin', clientId: null, requestId: null };
const change = (statement: Statement) => trail.database.query(statement);
const signedHead = async () => {
  const { signature } = await readSignedHead(trail.database, trail.keyring);
  return openSignedHead(trail.keyring, signature);
};

describe('a chain that nobody touched', () => {
  it('holds, in one piece and in pieces', async () => {
    expect(await trail.verify()).toEqual({ verifiedTo: 6, next: null, broken: null });
    expect(await trail.verify({ limit: 1 })).toEqual({ verifiedTo: 6, next: null, broken: null });
    expect(await trail.verify({ limit: 6, head: await signedHead() })).toMatchObject({ broken: null });
  });

  it('holds while it grows, with a head that was exported before', async () => {
    const head = await signedHead();
    await trail.append({});
    await trail.seal();
    expect(await trail.verify({ head })).toEqual({ verifiedTo: 7, next: null, broken: null });
  });

  it('holds where there is nothing', async () => {
    await trail.empty();
    expect(await trail.verify({ head: await signedHead() })).toEqual({
      verifiedTo: 0,
      next: null,
      broken: null,
    });
  });
});

describe('whoever can write to the table alone is found out: the first broken record is named', () => {
  it.each([
    ['actor', sql`actor = 'somebody else'`],
    ['client', sql`client_id = NULL`],
    ['action', sql`action = 'user.unblock'`],
    ['target', sql`target = 'user:999'`],
    ['user', sql`subject_user_id = 999`],
    ['request', sql`request_id = 'another'`],
    ['fields', sql`changed_fields = '[]'`],
    ['outcome', sql`outcome = 'refused'`],
    ['code', sql`code = 'user.protected'`],
    ['time', sql`occurred_at = ${new Date(0)}`],
    ['hash of the values', sql`values_hash = NULL`],
    ['seal', sql`seal = 'x'`],
  ])('another %s', async (_what, set) => {
    await change(sql`UPDATE audit_records SET ${set} WHERE position = 3`);
    const recordId = await trail.idAt(3);
    expect(await trail.verify()).toEqual({
      verifiedTo: 2,
      next: null,
      broken: { position: 3, recordId, what: 'content' },
    });
  });

  it('another id', async () => {
    const recordId = newUuid();
    await change(sql`UPDATE audit_records SET id = ${new Uuid(recordId)} WHERE position = 3`);
    expect((await trail.verify()).broken).toEqual({ position: 3, recordId, what: 'content' });
  });

  it('another chain hash', async () => {
    await change(sql`UPDATE audit_records SET chain_hash = 'x' WHERE position = 3`);
    const recordId = await trail.idAt(3);
    expect((await trail.verify()).broken).toEqual({ position: 3, recordId, what: 'chain' });
  });

  it.each([
    ['other values', sql`content = 'x'`],
    ['values with another salt', sql`salt = ${newSalt()}`],
  ])('%s', async (_what, set) => {
    const recordId = await trail.idAt(3);
    await change(sql`UPDATE audit_values SET ${set} WHERE record_id = ${new Uuid(recordId)}`);
    expect((await trail.verify()).broken).toEqual({ position: 3, recordId, what: 'values' });
  });

  it('the values of another record', async () => {
    const [from, to] = [await trail.idAt(1), await trail.idAt(4)];
    await change(sql`INSERT INTO audit_values (record_id, salt, content)
      SELECT ${new Uuid(to)}, salt, content FROM audit_values WHERE record_id = ${new Uuid(from)}`);
    expect((await trail.verify()).broken).toEqual({ position: 4, recordId: to, what: 'values' });
  });

  it('a record taken out of the middle', async () => {
    await change(sql`DELETE FROM audit_records WHERE position = 3`);
    expect((await trail.verify()).broken).toEqual({ position: 3, recordId: null, what: 'missing' });
    expect((await trail.verify({ limit: 2 })).broken).toEqual({
      position: 3,
      recordId: null,
      what: 'missing',
    });
    expect((await trail.verify({ limit: 3 })).broken).toEqual({
      position: 3,
      recordId: null,
      what: 'missing',
    });
  });

  it('a record taken out, and the gap closed', async () => {
    await change(sql`DELETE FROM audit_records WHERE position = 3`);
    await change(sql`UPDATE audit_records SET position = position - 1 WHERE position > 3`);
    expect((await trail.verify()).broken).toMatchObject({ position: 3, what: 'chain' });
  });

  it('the first record', async () => {
    await change(sql`DELETE FROM audit_records WHERE position = 1`);
    expect((await trail.verify()).broken).toEqual({ position: 1, recordId: null, what: 'missing' });
  });

  it('two records in each other’s place', async () => {
    const places = async (column: 'position' | 'chain_hash') =>
      (
        await change(
          sql`SELECT position, chain_hash FROM audit_records WHERE position IN (2, 4) ORDER BY position`,
        )
      ).rows.map((row) => row[column] as string | number);
    const [[at2 = '', at4 = ''], second, fourth] = [
      await places('chain_hash'),
      await trail.idAt(2),
      await trail.idAt(4),
    ];
    await change(
      sql`UPDATE audit_records SET position = 4, chain_hash = ${at4} WHERE id = ${new Uuid(second)}`,
    );
    await change(
      sql`UPDATE audit_records SET position = 2, chain_hash = ${at2} WHERE id = ${new Uuid(fourth)}`,
    );
    expect((await trail.verify()).broken).toEqual({ position: 2, recordId: fourth, what: 'chain' });
  });

  it('a second record at a place that is taken', async () => {
    await change(sql`UPDATE audit_records SET position = 4 WHERE position = 5`);
    expect((await trail.verify()).broken).toMatchObject({ position: 5, what: 'chain' });
  });

  it('a forged record, though the sealer chains what it finds', async () => {
    const forged = newUuid();
    await change(sql`INSERT INTO audit_records (id, actor, action, target, changed_fields, outcome, occurred_at, seal,
      unchained) SELECT ${new Uuid(forged)}, actor, action, 'user:999', changed_fields, outcome, occurred_at, seal, TRUE
      FROM audit_records WHERE position = 1`);
    await trail.seal();
    expect((await trail.verify()).broken).toEqual({ position: 7, recordId: forged, what: 'content' });
  });

  it('a record that is recorded once more', async () => {
    await change(sql`UPDATE audit_records SET unchained = TRUE WHERE position = 2`);
    await trail.seal();
    expect((await trail.verify()).broken).toEqual({ position: 2, recordId: null, what: 'missing' });
  });
});

describe('a tail that was cut off', () => {
  it('shows by the head that the sealer keeps', async () => {
    await change(sql`DELETE FROM audit_records WHERE position > 4`);
    expect((await trail.verify()).broken).toEqual({ position: 5, recordId: null, what: 'tail' });
    expect((await trail.verify({ limit: 4 })).broken).toEqual({ position: 5, recordId: null, what: 'tail' });
    // What comes later does not cover the gap.
    await trail.append({});
    await trail.seal();
    expect((await trail.verify()).broken).toEqual({ position: 5, recordId: null, what: 'missing' });
  });

  const setBack = async () => {
    const { rows } = await change(sql`SELECT chain_hash FROM audit_records WHERE position = 4`);
    await change(sql`DELETE FROM audit_records WHERE position > 4`);
    await change(sql`UPDATE audit_head SET position = 4, chain_hash = ${String(rows[0]?.chain_hash)}`);
  };

  it('shows by an exported head where that was set back, too', async () => {
    const head = await signedHead();
    await setBack();
    expect((await trail.verify()).broken).toBeNull();
    expect((await trail.verify({ head })).broken).toEqual({ position: 5, recordId: null, what: 'tail' });
  });

  it('shows by an exported head where others grew in its place', async () => {
    const head = await signedHead();
    await setBack();
    await trail.append({}, {});
    await trail.seal();
    expect((await trail.verify()).broken).toBeNull();
    const recordId = await trail.idAt(6);
    expect((await trail.verify({ head })).broken).toEqual({ position: 6, recordId, what: 'head' });
  });

  it('and an exported head cannot be forged: it takes the audit key', async () => {
    const stranger = await openTrail();
    const { signature } = await readSignedHead(stranger.database, stranger.keyring);
    await stranger.close();
    const [header, , mac] = (await readSignedHead(trail.database, trail.keyring)).signature.split('.');
    const payload = Buffer.from('{"position":1,"chainHash":"","recordedAt":"2026-11-21T00:00:00.000Z"}');
    for (const forged of [signature, `${header}.${payload.toString('base64url')}.${mac}`]) {
      await expect(openSignedHead(trail.keyring, forged)).rejects.toMatchObject({ code: 'request.invalid' });
    }
  });
});

describe('identifying values', () => {
  const forget = (userId: number, action: 'user.erase' | 'user.anonymise', more: Partial<AuditEntry> = {}) =>
    trail.database.transaction((tx) => {
      tx.write(detachIdentifyingValues(userId));
      tx.write(
        appendAudit([entry({ action, target: `user:${userId}`, actor: nobody, ...noValues, ...more })]),
      );
      return Promise.resolve();
    });

  it('are detached with their salt, from records about the user, and the chain still holds', async () => {
    await forget(101, 'user.erase');
    await forget(103, 'user.anonymise');
    // Before their records are in the chain, and after.
    expect(await trail.verify({ limit: 1 })).toMatchObject({ verifiedTo: 6, broken: null });
    await trail.seal();
    expect(await trail.verify({ limit: 1 })).toMatchObject({ verifiedTo: 8, broken: null });
    expect(await trail.verify()).toMatchObject({ verifiedTo: 8, broken: null });
    await change(sql`DELETE FROM audit_records WHERE position > 6`);
    await change(sql`UPDATE audit_head SET position = 6`);
    const records = await pageRecords(trail.database, {}, 10, null);
    const shown = records.map((record) => [record.userId, valuesOrNull(trail.keyring, record)?.address]);
    expect(shown.sort()).toEqual(
      [...Array<unknown>(4).fill([101, undefined]), [102, ADDRESS], [103, undefined]].sort(),
    );
    expect(await positionsOf(trail)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('that were taken away by somebody else are missed, record by record', async () => {
    for (const position of [6, 3, 2]) {
      const recordId = await trail.idAt(position);
      await change(sql`DELETE FROM audit_values WHERE record_id = ${new Uuid(recordId)}`);
      expect((await trail.verify()).broken).toEqual({ position, recordId, what: 'taken' });
    }
    await change(sql`DELETE FROM audit_values`);
    expect((await trail.verify()).broken).toMatchObject({ position: 1, what: 'taken' });
  });

  it('are missed where no user is concerned, as of a webhook endpoint', async () => {
    await trail.append({ action: 'webhook_endpoint.create', target: 'webhook_endpoint:w1' });
    await trail.seal();
    const recordId = await trail.idAt(7);
    await change(sql`DELETE FROM audit_values WHERE record_id = ${new Uuid(recordId)}`);
    expect((await trail.verify()).broken).toEqual({ position: 7, recordId, what: 'taken' });
  });

  it.each<[string, number, Partial<AuditEntry>, Statement]>([
    ['of another user', 102, {}, sql`seal = seal`],
    ['that was refused', 101, { outcome: 'refused', code: 'user.protected' }, sql`seal = seal`],
    ['that was forged', 101, { action: 'user.update' }, sql`action = 'user.erase'`],
  ])('are missed in spite of an erasure %s', async (_what, userId, more, set) => {
    await forget(userId, 'user.erase', more);
    await change(sql`DELETE FROM audit_values`);
    await change(sql`UPDATE audit_records SET ${set} WHERE unchained = TRUE`);
    expect((await trail.verify()).broken).toMatchObject({ position: 1, what: 'taken' });
  });

  it('stand nowhere in the clear (I7)', async () => {
    const tables = [sql`SELECT * FROM audit_records`, sql`SELECT * FROM audit_values`];
    for (const table of tables) {
      const { rows } = await change(table);
      expect(rows.length).toBeGreaterThan(3);
      expect(JSON.stringify(rows)).not.toMatch(/203\.0\.113|Repeated|ada@|8675309867530/);
    }
  });
});
