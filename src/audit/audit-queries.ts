import type { Database } from '../database/database';
import { orNull, toInteger, toText, toTime, toUuid } from '../database/decode';
import type { Row } from '../database/engines/engine';
import type { Keyring } from '../database/keyring';
import { before } from '../database/keyset';
import { allOf, commaSeparated, sql, type Statement } from '../database/sql';
import { Uuid } from '../database/uuid';
import { type RecordContent, type RecordValues, valuesPlace } from './record-form';

/** A record as it is stored, with its values' row where that is still there. */
export interface StoredRecord extends RecordContent {
  /** Null until it is chained, and for ever for records from before there was a chain. */
  position: number | null;
  seal: string | null;
  chainHash: string | null;
  detachable: { salt: string; content: string } | null;
}

export interface AuditFilter {
  actor?: string;
  action?: string;
  target?: string;
  userId?: number;
  outcome?: 'done' | 'refused';
  from?: Date;
  to?: Date;
}

const selectRecords = sql`SELECT r.*, v.salt, v.content FROM audit_records r
  LEFT JOIN audit_values v ON v.record_id = r.id`;

export const toStoredRecord = (row: Row): StoredRecord => ({
  id: toUuid(row.id),
  actor: toText(row.actor),
  clientId: orNull(toText, row.client_id),
  action: toText(row.action),
  target: toText(row.target),
  userId: orNull(toInteger, row.subject_user_id),
  requestId: orNull(toText, row.request_id),
  changedFields: toText(row.changed_fields),
  outcome: toText(row.outcome),
  code: orNull(toText, row.code),
  occurredAt: toTime(row.occurred_at),
  valuesHash: orNull(toText, row.values_hash),
  position: orNull(toInteger, row.position),
  seal: orNull(toText, row.seal),
  chainHash: orNull(toText, row.chain_hash),
  detachable: row.salt === null ? null : { salt: toText(row.salt), content: toText(row.content) },
});

/** Up to `limit` records, newest first, after `cursor`. */
export async function pageRecords(
  database: Database,
  filter: AuditFilter,
  limit: number,
  cursor: { createdAt: Date; key: string } | null,
): Promise<StoredRecord[]> {
  const conditions = [...conditionsOf(filter), ...(cursor ? [beyond(cursor.createdAt, cursor.key)] : [])];
  const { rows } = await database.query(
    sql`${selectRecords} WHERE ${allOf(conditions)} ORDER BY r.occurred_at DESC, r.id DESC LIMIT ${limit}`,
  );
  return rows.map(toStoredRecord);
}

function conditionsOf({ actor, action, target, userId, outcome, from, to }: AuditFilter): Statement[] {
  return [
    ...(actor === undefined ? [] : [sql`r.actor = ${actor}`]),
    ...(action === undefined ? [] : [sql`r.action = ${action}`]),
    ...(target === undefined ? [] : [sql`r.target = ${target}`]),
    ...(userId === undefined ? [] : [sql`r.subject_user_id = ${userId}`]),
    ...(outcome === undefined ? [] : [sql`r.outcome = ${outcome}`]),
    ...(from === undefined ? [] : [sql`r.occurred_at >= ${from}`]),
    ...(to === undefined ? [] : [sql`r.occurred_at < ${to}`]),
  ];
}

const beyond = (time: Date, id: string): Statement =>
  before([sql`r.occurred_at`, time], [sql`r.id`, new Uuid(id)]);

/** Up to `limit` chained records from `position` on, in the order of the chain. */
export const selectChained = (position: number, limit: number): Statement =>
  sql`${selectRecords} WHERE r.position >= ${position} ORDER BY r.position, r.id LIMIT ${limit}`;

/** The records by which values of these users were detached (`detach-values.ts`). The list must not be empty. */
export const selectDetachments = (userIds: readonly number[]): Statement =>
  sql`${selectRecords} WHERE r.subject_user_id IN (${commaSeparated(userIds)})
    AND r.action IN ('user.erase', 'user.anonymise') AND r.outcome = 'done'`;

/** @throws where the values were tampered with, or their key is not configured any more */
export function readValues(keyring: Keyring, { id, detachable }: StoredRecord): string | null {
  return detachable && keyring.encryption.decrypt(detachable.content, valuesPlace(id));
}

/** What is shown: of values that cannot be read, nothing; the verification says why. */
export function valuesOrNull(keyring: Keyring, record: StoredRecord): RecordValues | null {
  try {
    const json = readValues(keyring, record);
    return json === null ? null : (JSON.parse(json) as RecordValues);
  } catch {
    return null;
  }
}
