import type { Database } from '../database/database';
import { toInteger } from '../database/decode';
import type { Keyring } from '../database/keyring';
import {
  readValues,
  selectChained,
  selectDetachments,
  type StoredRecord,
  toStoredRecord,
} from './audit-queries';
import { type ChainCut, selectCut, toCut } from './chain-cut';
import { type ChainHead, selectHead } from './chain-head';
import { chainHashOf, hashValues, sealOf } from './record-form';

/**
 * What is wrong at a position: there is no record (`missing`), what it says is not what was recorded (`content`),
 * its identifying values are not those that were recorded (`values`), or were taken away though nobody was forgotten
 * (`taken`), it does not follow the one before (`chain`), the chain is shorter than its head (`tail`), or is not the one
 * that an exported head was taken of (`head`).
 */
export type ChainFault = 'missing' | 'content' | 'values' | 'taken' | 'chain' | 'tail' | 'head';

export interface Break {
  position: number;
  /** Null where the record is gone. */
  recordId: string | null;
  what: ChainFault;
}

export interface VerifiedPiece {
  /** The first position that was looked at: where it was asked to begin, or where retention has cut the chain off. */
  verifiedFrom: number;
  /** Up to this position everything holds. */
  verifiedTo: number;
  /** Where the next piece goes on; null at the end of the chain, and at a break. */
  next: number | null;
  /** The first record that does not hold. */
  broken: Break | null;
}

export interface PieceOptions {
  /** The position to begin behind; 0 is where the chain begins. What comes before it is taken as verified. */
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
  const { stored, cut, begin, records } = await database.transaction(async (tx) => {
    const [[headRow], [cutRow]] = await tx.read(selectHead, selectCut);
    const cut = toCut(keyring, cutRow);
    const begin = Math.max(after, cut.position);
    const [rows] = await tx.read(selectChained(begin === cut.position ? begin + 1 : begin, limit + 1));
    return { stored: toInteger(headRow?.position), cut, begin, records: rows.map(toStoredRecord) };
  });
  const brokenAt = (verifiedTo: number, broken: Break): VerifiedPiece => ({
    verifiedFrom: begin + 1,
    verifiedTo,
    next: null,
    broken,
  });
  const [start] = records;
  const atCut = begin === cut.position;
  if (!atCut && start?.position !== begin) {
    return brokenAt(begin - 1, { position: begin, recordId: null, what: start ? 'missing' : 'tail' });
  }
  const followers = atCut ? records.slice(0, limit) : records.slice(1);
  const forgotten = await selectForgotten(database, keyring, followers);
  let previous = atCut ? cut.chainHash : (start?.chainHash ?? '');
  let position = begin;
  for (const record of followers) {
    const what = faultOf(keyring, record, previous, position + 1, forgotten);
    if (what !== null) {
      const recordId = what === 'missing' ? null : record.id;
      return brokenAt(position, { position: position + 1, recordId, what });
    }
    position++;
    previous = record.chainHash ?? '';
  }
  if (followers.length === limit)
    return { verifiedFrom: begin + 1, verifiedTo: position, next: position, broken: null };
  if (position < Math.max(stored, head?.position ?? 0)) {
    return brokenAt(position, { position: position + 1, recordId: null, what: 'tail' });
  }
  const other = head && (await differingRecord(database, head, cut));
  if (other) return brokenAt(position, other);
  return { verifiedFrom: begin + 1, verifiedTo: position, next: null, broken: null };
}

function faultOf(
  keyring: Keyring,
  record: StoredRecord,
  previous: string,
  position: number,
  forgotten: ReadonlySet<number | null>,
): ChainFault | null {
  // Two at one place: the second follows nothing.
  if (record.position === null || record.position < position) return 'chain';
  if (record.position > position) return 'missing';
  if (record.seal !== sealOf(keyring, record)) return 'content';
  if (lacksValues(record) && !forgotten.has(record.userId)) return 'taken';
  if (!valuesHold(keyring, record)) return 'values';
  return record.chainHash === chainHashOf(keyring, previous, position, record.seal) ? null : 'chain';
}

const lacksValues = ({ detachable, valuesHash }: StoredRecord): boolean => !detachable && valuesHash !== null;

/**
 * Of the users whose values are detached, those about whom a record says that this was done. It has to be sealed, in
 * the chain or not yet: nobody without the key can write one.
 */
async function selectForgotten(
  database: Database,
  keyring: Keyring,
  records: readonly StoredRecord[],
): Promise<ReadonlySet<number | null>> {
  const userIds = new Set(records.filter(lacksValues).flatMap(({ userId }) => userId ?? []));
  if (userIds.size === 0) return userIds;
  const { rows } = await database.query(selectDetachments([...userIds]));
  const detachments = rows.map(toStoredRecord).filter((record) => record.seal === sealOf(keyring, record));
  return new Set(detachments.map(({ userId }) => userId));
}

/** Values that were detached leave nothing to hold against their hash. */
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
async function differingRecord(database: Database, head: ChainHead, cut: ChainCut): Promise<Break | null> {
  if (head.position === 0 || isCutOff(head, cut)) return null;
  const { rows } = await database.query(selectChained(head.position, 1));
  const [record] = rows.map(toStoredRecord);
  if (record?.position === head.position && record.chainHash === head.chainHash) return null;
  return { position: head.position, recordId: record?.id ?? null, what: 'head' };
}

/** What retention has removed cannot be held against anything any more, but for the last of it. */
const isCutOff = (head: ChainHead, cut: ChainCut): boolean =>
  head.position < cut.position || (head.position === cut.position && head.chainHash === cut.chainHash);
