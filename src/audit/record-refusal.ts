import type { Database } from '../database/database';
import { toTime } from '../database/decode';
import type { Keyring } from '../database/keyring';
import { databaseNow } from '../database/sql';
import type { Caller } from '../http/caller';
import type { RecordRefusal } from '../http/record-refusals';
import { type Actor, appendAudit, type AuditEntry } from './audit';

/** Records an attempt that was refused, in a transaction of its own: that of the attempt was rolled back. */
export function createRecordRefusal(database: Database, keyring: Keyring): RecordRefusal {
  return ({ caller, action, target, userId, code }) =>
    database.transaction(async (tx) => {
      const [[time]] = await tx.read(databaseNow);
      const occurredAt = toTime(time?.now);
      const refused = { outcome: 'refused', code, changedFields: [], occurredAt } as const;
      const actor = actorOf(keyring, caller);
      tx.write(appendAudit([{ actor, action: action as AuditEntry['action'], target, userId, ...refused }]));
    });
}

/**
 * A user who tried with her own token is recorded by a keyed hash of her uid, the same each time: the actor is sealed
 * and stays, so the uid itself would outlive her erasure (I7). The key is for this alone, or the hash in her tombstone
 * would tell her id.
 */
const actorOf = (keyring: Keyring, caller: Caller): Actor =>
  caller.kind === 'client'
    ? caller
    : { ...caller, subject: `user:${keyring.mac('audit actor', caller.subject)}` };
