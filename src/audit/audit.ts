import { newUuid, Uuid } from '../database/uuid';
import { commaSeparated, sql, type Statement } from '../database/sql';

/** Who acts: taken from the access token, never from a body. */
export interface Actor {
  /** `sub` of the token, or `system:<job>`. */
  subject: string;
  clientId: string | null;
  requestId: string | null;
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
  | 'session.revoke'
  | 'sessions.revoke'
  | 'webhook_endpoint.create'
  | 'webhook_endpoint.delete';

export interface AuditEntry {
  actor: Actor;
  action: AuditAction;
  target: string;
  changedFields: readonly string[];
  /** The changed fields as they were and as they are; JSON values. */
  before?: Readonly<Record<string, unknown>>;
  after?: Readonly<Record<string, unknown>>;
  /** As the caller says. */
  onBehalfOfUserId?: number | null;
  occurredAt: Date;
}

/** Appends to the audit trail, in the transaction of the change that it records (I3). */
export function appendAudit(entries: readonly AuditEntry[]): Statement {
  const rows = entries.map(
    ({ actor, action, target, changedFields, occurredAt }) => sql`(${new Uuid(newUuid())}, ${actor.subject},
      ${actor.clientId}, ${action}, ${target}, ${actor.requestId}, ${JSON.stringify(changedFields)}, ${occurredAt})`,
  );
  return sql`INSERT INTO audit_records
    (id, actor, client_id, action, target, request_id, changed_fields, occurred_at)
    VALUES ${commaSeparated(rows)}`;
}
