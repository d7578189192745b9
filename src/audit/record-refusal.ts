import type { Database } from '../database/database';
import { toTime } from '../database/decode';
import { databaseNow } from '../database/sql';
import type { RecordRefusal } from '../http/record-refusals';
import { appendAudit, type AuditEntry } from './audit';

/** Records an attempt that was refused, in a transaction of its own: that of the attempt was rolled back. */
export function createRecordRefusal(database: Database): RecordRefusal {
  return ({ caller, action, target, userId, code }) =>
    database.transaction(async (tx) => {
      const [[time]] = await tx.read(databaseNow);
      const occurredAt = toTime(time?.now);
      const refused = { outcome: 'refused', code, changedFields: [], occurredAt } as const;
      tx.write(
        appendAudit([{ actor: caller, action: action as AuditEntry['action'], target, userId, ...refused }]),
      );
    });
}
