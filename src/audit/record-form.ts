import { createHash, randomBytes } from 'node:crypto';
import type { Keyring } from '../database/keyring';

/** What a record says, without what identifies somebody. */
export interface RecordContent {
  id: string;
  actor: string;
  clientId: string | null;
  action: string;
  target: string;
  userId: number | null;
  requestId: string | null;
  /** JSON array, as it is stored. */
  changedFields: string;
  outcome: string;
  code: string | null;
  occurredAt: Date;
  valuesHash: string | null;
}

/** What identifies somebody. It stands in a row of its own, which goes when the person is forgotten. */
export interface RecordValues {
  /** The caller's network address. */
  address?: string;
  /** As the caller said; never checked. */
  onBehalfOfUserId?: number;
  before?: Readonly<Record<string, unknown>>;
  after?: Readonly<Record<string, unknown>>;
}

const SALT_BYTES = 32;

export const newSalt = (): string => randomBytes(SALT_BYTES).toString('base64url');

/** Of the values as JSON. Nobody guesses them from it once the salt is gone with them. */
export const hashValues = (salt: string, json: string): string =>
  createHash('sha256').update(`${salt}.${json}`, 'utf8').digest('base64url');

/** Holds each record by itself, from the moment of its insertion: who has no key neither writes nor alters one. */
export function sealOf(keyring: Keyring, record: RecordContent): string {
  const { id, actor, clientId, action, target, userId, requestId } = record;
  const { changedFields, outcome, code, occurredAt, valuesHash } = record;
  // An array: what the canonical form of an object is, nobody has to agree on.
  const form = ['audit/1', id, actor, clientId, action, target, userId, requestId, changedFields];
  form.push(outcome, code, occurredAt.toISOString(), valuesHash);
  return keyring.mac('audit seal', JSON.stringify(form));
}

/** A record's place in the chain, and its keyed hash, which hangs on all before. */
export interface ChainPlace {
  /** 0 before the first record. */
  position: number;
  chainHash: string;
}

/** Before the first record. */
export const GENESIS = '';

/** Holds the records to each other: none can be taken out, put in or moved. */
export const chainHashOf = (
  keyring: Keyring,
  previous: string,
  position: number,
  seal: string | null,
): string => keyring.mac('audit chain', JSON.stringify([previous, position, seal]));

/** Where the values of a record stand, for their encryption. */
export const valuesPlace = (recordId: string) => ({ table: 'audit_values', rowId: recordId });
