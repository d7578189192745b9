import type { Database } from '../database/database';
import { toInteger } from '../database/decode';
import type { Keyring } from '../database/keyring';
import { readValues, selectChained, type StoredRecord, toStoredRecord } from './audit-queries';
import { type ChainHead, selectHead } from './chain-head';
import { chainHashOf, GENESIS, hashValues, sealOf } from './record-form';

/**
 * What is wrong at a position: there is no record (`missing`), what it says is not what was recorded (`content`),
 * its identifying values are not those that were recorded (`values`), it does not follow the one before (`chain`),
 * the chain is shorter than its head (`tail`), or is not the one that an exported head was taken of (`head`).
 */
export type ChainFault = 'missing' | 'content' | 'values' | 'chain' | 'tail' | 'head';

export interface Break {
  position: number;
  /** Null where the record is gone. */
  recordId: string | null;
  what: ChainFault;
}

export interface VerifiedPiece {
  /** Up to this position everything holds. */
  verifiedTo: number;
  /** Where the next piece goes on; null at the end of the chain, and at a break. */
  next: number | null;
  /** The first record that does not hold. */
  broken: Break | null;
}

export interface PieceOptions {
  /** The position to begin behind; 0 is the beginning. What comes before it is taken as verified. */
  after: number;
  /** Records. */
  limit: number;
  /** An exported head to hold the end of the chain against. */
  head?: ChainHead;
}

/** Verifies a bounded piece of the chain. */
export async function verifyPiece(
  database: Database,
  keyring: Keyring,
  { after, limit, head }: PieceOptions,
): Promise<VerifiedPiece> {
  // The head first: what is chained in between makes the chain longer than it, and never shorter.
  const { stored, records } = await database.transaction(async (tx) => {
    const [[headRow], rows] = await tx.read(selectHead, selectChained(after, limit + 1));
    return { stored: toInteger(headRow?.position), records: rows.map(toStoredRecord) };
  });
  const [start] = records;
  if (after > 0 && start?.position !== after) {
    return brokenAt(after - 1, { position: after, recordId: null, what: start ? 'missing' : 'tail' });
  }
  const followers = after > 0 ? records.slice(1) : records.slice(0, limit);
  let previous = after > 0 ? (start?.chainHash ?? '') : GENESIS;
  let position = after;
  for (const record of followers) {
    const what = faultOf(keyring, record, previous, position + 1);
    if (what !== null) {
      const recordId = what === 'missing' ? null : record.id;
      return brokenAt(position, { position: position + 1, recordId, what });
    }
    position++;
    previous = record.chainHash ?? '';
  }
  if (followers.length === limit) return { verifiedTo: position, next: position, broken: null };
  if (position < Math.max(stored, head?.position ?? 0)) {
    return brokenAt(position, { position: position + 1, recordId: null, what: 'tail' });
  }
  const other = head && (await differingRecord(database, head));
  if (other) return brokenAt(position, other);
  return { verifiedTo: position, next: null, broken: null };
}

const brokenAt = (verifiedTo: number, broken: Break): VerifiedPiece => ({ verifiedTo, next: null, broken });

function faultOf(
  keyring: Keyring,
  record: StoredRecord,
  previous: string,
  position: number,
): ChainFault | null {
  // Two at one place: the second follows nothing.
  if (record.position === null || record.position < position) return 'chain';
  if (record.position > position) return 'missing';
  if (record.seal !== sealOf(keyring, record)) return 'content';
  if (!valuesHold(keyring, record)) return 'values';
  return record.chainHash === chainHashOf(keyring, previous, position, record.seal) ? null : 'chain';
}

/** Values that were detached leave nothing to hold against their hash; that is not a fault. */
function valuesHold(keyring: Keyring, record: StoredRecord): boolean {
  if (!record.detachable) return true;
  try {
    const json = readValues(keyring, record) ?? '';
    return hashValues(record.detachable.salt, json) === record.valuesHash;
  } catch {
    return false;
  }
}

/** The chain may have been made anew up to here by somebody who has the key: the exported head knows better. */
async function differingRecord(database: Database, head: ChainHead): Promise<Break | null> {
  if (head.position === 0) return null;
  const { rows } = await database.query(selectChained(head.position, 1));
  const [record] = rows.map(toStoredRecord);
  if (record?.position === head.position && record.chainHash === head.chainHash) return null;
  return { position: head.position, recordId: record?.id ?? null, what: 'head' };
}
