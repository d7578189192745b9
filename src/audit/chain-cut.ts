import { toInteger, toText } from '../database/decode';
import type { Row } from '../database/engines/engine';
import type { Keyring } from '../database/keyring';
import { againstChange, sql, type Statement } from '../database/sql';
import { GENESIS } from './record-form';

/** The last record that retention has removed: the chain goes on behind it. */
export interface ChainCut {
  /** 0 where nothing was removed. */
  position: number;
  chainHash: string;
}

/** Nothing is cut while the transaction lasts. */
export const selectCut = sql`SELECT position, chain_hash, seal FROM audit_cut ${againstChange}`;

export const lockCut = sql`SELECT position, chain_hash, seal FROM audit_cut FOR UPDATE`;

/** A cut that was not made with the key counts for nothing: the records before it are missing then. */
export function toCut(keyring: Keyring, row: Row | undefined): ChainCut {
  const cut = { position: toInteger(row?.position), chainHash: toText(row?.chain_hash) };
  return row && row.seal === sealOfCut(keyring, cut) ? cut : { position: 0, chainHash: GENESIS };
}

export const moveCut = (keyring: Keyring, cut: ChainCut): Statement =>
  sql`UPDATE audit_cut SET position = ${cut.position}, chain_hash = ${cut.chainHash},
    seal = ${sealOfCut(keyring, cut)}`;

const sealOfCut = (keyring: Keyring, { position, chainHash }: ChainCut): string =>
  keyring.mac('audit cut', JSON.stringify([position, chainHash]));
