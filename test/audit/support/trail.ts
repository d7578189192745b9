import { appendAudit, type AuditEntry, systemActor } from '../../../src/audit/audit';
import { sealRecords } from '../../../src/audit/seal-records';
import { verifyPiece, type VerifiedPiece } from '../../../src/audit/verify-chain';
import type { ChainHead } from '../../../src/audit/chain-head';
import { toInteger, toUuid } from '../../../src/database/decode';
import { sql } from '../../../src/database/sql';
import { openDatabase, type OpenDatabase } from '../../database/support/open-database';

export const ADDRESS = '203.0.113.7';

/** An audit trail in a database of a test file's own. */
export interface Trail extends OpenDatabase {
  /** Appends and commits; answers nothing that anybody has to wait for. */
  append(...entries: Partial<AuditEntry>[]): Promise<void>;
  /** Seals until nothing is left; answers how many records. */
  seal(): Promise<number>;
  /** Piece after piece, from the beginning to the end or the first break. */
  verify(options?: { limit?: number; head?: ChainHead }): Promise<Omit<VerifiedPiece, 'verifiedFrom'>>;
  /** The id of the record at a position. */
  idAt(position: number): Promise<string>;
  /** Takes everything away. */
  empty(): Promise<void>;
}

/** A record that says all that records can say. */
export const entry = (more: Partial<AuditEntry> = {}): AuditEntry => ({
  actor: { ...systemActor('test'), clientId: 'client-7', requestId: 'request-1', address: ADDRESS },
  action: 'user.block',
  target: 'user:101',
  changedFields: ['suspension'],
  before: { reason: null },
  after: { reason: 'Repeated failed sign-ins', email: 'ada@example.com' },
  // So long that no id and no hash holds it by chance.
  onBehalfOfUserId: 8_675_309_867_530,
  occurredAt: new Date(),
  ...more,
});

export async function openTrail(): Promise<Trail> {
  const store = await openDatabase();
  const { database, keyring } = store;
  return {
    ...store,

    async append(...entries) {
      await database.transaction((tx) => {
        tx.write(appendAudit(entries.map(entry)));
        return Promise.resolve();
      });
    },

    async seal() {
      let sealed = 0;
      for (;;) {
        const batch = await sealRecords(database, keyring);
        if (batch === 0) return sealed;
        sealed += batch;
      }
    },

    async verify({ limit = 1_000, head } = {}) {
      for (let after = 0; ;) {
        const { verifiedFrom: _pieceByPiece, ...piece } = await verifyPiece(database, keyring, {
          after,
          limit,
          head,
        });
        if (piece.next === null) return piece;
        after = piece.next;
      }
    },

    async idAt(position) {
      const { rows } = await database.query(sql`SELECT id FROM audit_records WHERE position = ${position}`);
      return toUuid(rows[0]?.id);
    },

    async empty() {
      await database.query(sql`DELETE FROM audit_records`);
      await database.query(sql`DELETE FROM audit_values`);
      await database.query(sql`UPDATE audit_head SET position = 0, chain_hash = ''`);
      await database.query(sql`UPDATE audit_cut SET position = 0, chain_hash = '', seal = ''`);
    },
  };
}

export const positionsOf = async ({ database }: Trail): Promise<number[]> => {
  const { rows } = await database.query(sql`SELECT position FROM audit_records ORDER BY position`);
  return rows.map(({ position }) => toInteger(position));
};
