import type { Database } from '../database/database';
import { toBoolean, toInteger, toText, toUuid } from '../database/decode';
import type { Keyring } from '../database/keyring';
import { commaSeparated, fromNow, sql, type Statement } from '../database/sql';
import { daysAgo, removeBatch, SWEEP_BATCH, type Sweep, type SweptBatch } from '../database/sweeper';
import { Uuid } from '../database/uuid';
import { lockCut, moveCut, toCut } from './chain-cut';
import { verifyPiece } from './verify-chain';

/** Records of so many days ago: of the chain its beginning, and those from before there was one. */
export const auditSweeps = (keyring: Keyring, days: number): Sweep[] => [
  { kind: 'audit_records', batch: (database) => cutChain(database, keyring, days) },
  { kind: 'audit_records', batch: (database) => removeUnchained(database, days) },
];

/**
 * Cuts off the beginning of the chain, as far as all of it is old, and remembers where: what is left is verified from
 * there. What does not hold is never cut off, so that nobody gets rid of the traces of a change by waiting.
 */
async function cutChain(database: Database, keyring: Keyring, days: number): Promise<SweptBatch> {
  const { verifiedFrom, verifiedTo } = await verifyPiece(database, keyring, { after: 0, limit: SWEEP_BATCH });
  return database.transaction(async (tx) => {
    const [[row], records] = await tx.read(
      lockCut,
      sql`SELECT id, position, chain_hash, occurred_at < ${fromNow(daysAgo(days))} AS old FROM audit_records
        WHERE position >= ${verifiedFrom} AND position <= ${verifiedTo} ORDER BY position`,
    );
    const firstFresh = records.findIndex(({ old }) => !toBoolean(old));
    const old = firstFresh === -1 ? records : records.slice(0, firstFresh);
    const last = old.at(-1);
    // Another worker may have been first.
    if (!last || toCut(keyring, row).position + 1 !== verifiedFrom) return { removed: 0, more: false };
    remove(old.map(({ id }) => toUuid(id))).forEach((statement) => tx.write(statement));
    tx.write(moveCut(keyring, { position: toInteger(last.position), chainHash: toText(last.chain_hash) }));
    return { removed: old.length, more: old.length === SWEEP_BATCH };
  });
}

const removeUnchained = (database: Database, days: number): Promise<SweptBatch> =>
  removeBatch(
    database,
    sql`SELECT id FROM audit_records WHERE position IS NULL AND unchained IS NULL
      AND occurred_at < ${fromNow(daysAgo(days))} ORDER BY id LIMIT ${SWEEP_BATCH} FOR UPDATE SKIP LOCKED`,
    ({ id }) => toUuid(id),
    remove,
  );

const remove = (recordIds: readonly string[]): Statement[] => {
  const ids = commaSeparated(recordIds.map((id) => new Uuid(id)));
  return [
    sql`DELETE FROM audit_values WHERE record_id IN (${ids})`,
    sql`DELETE FROM audit_records WHERE id IN (${ids})`,
  ];
};
