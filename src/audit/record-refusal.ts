import type { Database } from '../database/database';
import { toTime } from '../database/decode';
import type { Keyring } from '../database/keyring';
import { databaseNow } from '../database/sql';
import type { RecordRefusal } from '../http/record-refusals';
import { actorOf, namedByUid } from './actor-of';
import { appendAudit, type AuditEntry } from './audit';

/** Records an attempt that was refused, in a transaction of its own: that of the attempt was rolled back. */
export function createRecordRefusal(database: Database, keyring: Keyring): RecordRefusal {
  return ({ caller, action, target: named, uid, userId, code }) =>
    database.transaction(async (tx) => {
      const [[time]] = await tx.read(databaseNow);
      const occurredAt = toTime(time?.now);
      const refused = { outcome: 'refused', code, changedFields: [], occurredAt } as const;
      const actor = actorOf(keyring, caller);
      // Sealed as well, so that a uid would outlive her there, too.
      const target = uid === null ? named : namedByUid(keyring, uid);
      tx.write(appendAudit([{ actor, action: action as AuditEntry['action'], target, userId, ...refused }]));
    });
}
