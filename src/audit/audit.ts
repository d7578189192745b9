import { commaSeparated, KeyedValue, sql, type Statement } from '../database/sql';
import { newUuid, Uuid } from '../database/uuid';
import type { ErrorCode } from '../errors';
import type { OperationId } from '../http/handlers';
import {
  hashValues,
  newSalt,
  type RecordContent,
  type RecordValues,
  sealOf,
  valuesPlace,
} from './record-form';

/** Who acts: taken from the access token, never from a body. */
export interface Actor {
  /** `sub` of the token, or `system:<job>`. */
  subject: string;
  clientId: string | null;
  requestId: string | null;
  /** Where the request came from; absent for what the service does by itself. */
  address?: string | null;
}

/** What the service does by itself, as an actor: `system:expiry`. */
export const systemActor = (name: string): Actor => ({
  subject: `system:${name}`,
  clientId: null,
  requestId: null,
});

export type AuditAction =
  | 'user.create'
  | 'user.block'
  | 'user.unblock'
  | 'user.expire'
  | 'session.create'
  | 'user.update'
  | 'user.deactivate'
  | 'user.reactivate'
  | 'user.anonymise'
  | 'user.erase'
  | 'suspension_job.create'
  | 'suspension_job.cancel'
  | 'suspension_job.undo'
  | 'session.revoke'
  | 'sessions.revoke'
  | 'access.fence'
  | 'webhook_endpoint.create'
  | 'webhook_endpoint.disable'
  | 'webhook_endpoint.enable'
  | 'webhook_endpoint.update'
  | 'webhook_endpoint.rotate_secret'
  | 'webhook_endpoint.delete'
  | 'webhook_endpoint.recover'
  | 'webhook_endpoint.replay'
  | 'security_event_stream.create'
  | 'security_event_stream.update'
  | 'security_event_stream.replace'
  | 'security_event_stream.delete'
  | 'security_event_stream.set_status'
  | 'security_event_stream.add_subject'
  | 'security_event_stream.remove_subject'
  | 'logout_client.create'
  | 'logout_client.update'
  | 'logout_client.delete'
  | 'signing_keys.rotate'
  | 'cometchat_key.create'
  | 'cometchat_key.revoke'
  | 'zim_app.create'
  | 'zim_app.revoke'
  | 'delivery.redeliver'
  | 'block_list.add'
  | 'block_list.remove';

export interface AuditEntry {
  actor: Actor;
  /** A refused attempt at what has no action of its own stands there under the name of its operation. */
  action: AuditAction | OperationId;
  target: string;
  /** The user whom it concerns, where the target does not say so itself. */
  userId?: number | null;
  changedFields: readonly string[];
  /** The changed fields as they were and as they are; JSON values, no secrets. Detached when a person is erased. */
  before?: Readonly<Record<string, unknown>>;
  after?: Readonly<Record<string, unknown>>;
  /** As the caller says. */
  onBehalfOfUserId?: number | null;
  outcome?: 'done' | 'refused';
  /** Why it was refused. */
  code?: ErrorCode;
  occurredAt: Date;
}

/**
 * Appends to the audit trail, in the transaction of the change that it records (I3). It reads nothing and waits for
 * nobody: the sealer chains the records once they are committed (`seal-records.ts`).
 */
export function appendAudit(entries: readonly AuditEntry[]): Statement[] {
  const records = entries.map(toRecord);
  const identifying = records.flatMap(({ content, detachable }) =>
    detachable ? [{ ...detachable, id: content.id }] : [],
  );
  return [
    ...(records.length > 0 ? [insertRecords(records.map(({ content }) => content))] : []),
    ...(identifying.length > 0 ? [insertValues(identifying)] : []),
  ];
}

interface Detachable {
  salt: string;
  json: string;
}

function toRecord(entry: AuditEntry): { content: RecordContent; detachable: Detachable | null } {
  const { actor, action, target, changedFields, outcome = 'done', code = null, occurredAt } = entry;
  const detachable = detachableOf(entry);
  const content = {
    id: newUuid(),
    actor: actor.subject,
    clientId: actor.clientId,
    action,
    target,
    userId: entry.userId ?? userIdOf(target),
    requestId: actor.requestId,
    changedFields: JSON.stringify(changedFields),
    outcome,
    code,
    occurredAt,
    valuesHash: detachable && hashValues(detachable.salt, detachable.json),
  };
  return { content, detachable };
}

function detachableOf({ actor, onBehalfOfUserId, before, after }: AuditEntry): Detachable | null {
  const values: RecordValues = {
    ...(actor.address ? { address: actor.address } : {}),
    ...(onBehalfOfUserId ? { onBehalfOfUserId } : {}),
    ...(before ? { before } : {}),
    ...(after ? { after } : {}),
  };
  return Object.keys(values).length === 0 ? null : { salt: newSalt(), json: JSON.stringify(values) };
}

/** `user:101` concerns the user 101. What a refused attempt named may be no user's id at all. */
function userIdOf(target: string): number | null {
  const id = Number(/^user:([1-9][0-9]*)$/.exec(target)?.[1]);
  return Number.isSafeInteger(id) ? id : null;
}

function insertRecords(records: readonly RecordContent[]): Statement {
  const rows = records.map((record) => {
    const { id, actor, clientId, action, target, userId, requestId, changedFields } = record;
    const { outcome, code, occurredAt, valuesHash } = record;
    const seal = new KeyedValue((keyring) => sealOf(keyring, record));
    return sql`(${new Uuid(id)}, ${actor}, ${clientId}, ${action}, ${target}, ${userId}, ${requestId},
      ${changedFields}, ${outcome}, ${code}, ${occurredAt}, ${valuesHash}, ${seal}, TRUE)`;
  });
  return sql`INSERT INTO audit_records (id, actor, client_id, action, target, subject_user_id, request_id,
    changed_fields, outcome, code, occurred_at, values_hash, seal, unchained) VALUES ${commaSeparated(rows)}`;
}

function insertValues(values: readonly (Detachable & { id: string })[]): Statement {
  const rows = values.map(({ id, salt, json }) => {
    const content = new KeyedValue(({ encryption }) => encryption.encrypt(json, valuesPlace(id)));
    return sql`(${new Uuid(id)}, ${salt}, ${content})`;
  });
  return sql`INSERT INTO audit_values (record_id, salt, content) VALUES ${commaSeparated(rows)}`;
}
