import type { Database } from '../database/database';
import type { Keyring } from '../database/keyring';
import { isUuid } from '../database/uuid';
import type { components } from '../http/contract.generated';
import type { Handlers } from '../http/handlers';
import { DEFAULT_LIMIT, decodeCursor, toPage } from '../http/pagination';
import { parseOptionalTime } from '../http/timestamps';
import { pageRecords, type StoredRecord, valuesOrNull } from './audit-queries';
import { openSignedHead, readSignedHead } from './chain-head';
import { exportRecords } from './export-records';
import { type RecordValues, sealOf } from './record-form';
import { verifyPiece } from './verify-chain';

type Schemas = components['schemas'];

/** Records that one call verifies where the caller does not say. */
const VERIFIED_AT_ONCE = 1_000;

export function createAuditRoutes(
  database: Database,
  keyring: Keyring,
): Pick<Handlers, 'listAuditRecords' | 'exportAuditRecords' | 'getAuditHead' | 'verifyAuditRecords'> {
  const show = (record: StoredRecord): Schemas['AuditRecord'] => {
    const { id, position, actor, clientId, action, target, userId, requestId } = record;
    return {
      id,
      position,
      actor,
      clientId,
      action,
      target,
      userId,
      requestId,
      outcome: record.outcome as Schemas['AuditRecord']['outcome'],
      code: record.code,
      changedFields: JSON.parse(record.changedFields) as string[],
      values: showValues(valuesOrNull(keyring, record)),
      occurredAt: record.occurredAt.toISOString(),
      sealed: record.seal === sealOf(keyring, record),
    };
  };
  const showLinked = (record: StoredRecord): Schemas['ChainedAuditRecord'] => {
    const { valuesHash, seal, chainHash } = record;
    return { record: show(record), link: { valuesHash, seal, chainHash: chainHash ?? '' } };
  };

  return {
    async listAuditRecords({ query }) {
      const { limit = DEFAULT_LIMIT, cursor, from, to, ...filter } = query;
      const times = {
        from: parseOptionalTime(from, '/query/from'),
        to: parseOptionalTime(to, '/query/to'),
      };
      const position = decodeCursor(cursor, isUuid);
      const rows = await pageRecords(database, { ...filter, ...times }, limit + 1, position);
      return { status: 200, body: toPage(rows, limit, show, ({ occurredAt, id }) => [occurredAt, id]) };
    },

    exportAuditRecords: ({ query }) =>
      Promise.resolve({ status: 200, ndjson: exportRecords(database, query.after ?? 0, showLinked) }),

    async getAuditHead() {
      const { recordedAt, ...head } = await readSignedHead(database, keyring);
      return { status: 200, body: { ...head, recordedAt: recordedAt.toISOString() } };
    },

    async verifyAuditRecords({ query }) {
      const { after = 0, limit = VERIFIED_AT_ONCE } = query;
      const head = query.head === undefined ? undefined : await openSignedHead(keyring, query.head);
      return { status: 200, body: await verifyPiece(database, keyring, { after, limit, head }) };
    },
  };
}

function showValues(values: RecordValues | null): Schemas['AuditValues'] | null {
  if (!values) return null;
  const { address = null, onBehalfOfUserId = null, before = {}, after = {} } = values;
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changes = fields.map((field) => ({
    field,
    before: before[field] ?? null,
    after: after[field] ?? null,
  }));
  return { address, onBehalfOfUserId, changes };
}
