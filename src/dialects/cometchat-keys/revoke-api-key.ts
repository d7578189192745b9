import { type Actor, appendAudit } from '../../audit/audit';
import type { Database } from '../../database/database';
import { toTime } from '../../database/decode';
import type { Keep } from '../../database/keep';
import { databaseNow, sql } from '../../database/sql';
import { Uuid } from '../../database/uuid';
import { apiKeyNotFound } from './cometchat-keys.errors';

export type RevokeApiKey = (id: string, actor: Actor, keep?: Keep<void>) => Promise<void>;

/**
 * Takes a key back: from the answer on it is none, in every process. Its row stays, for the audit trail names it.
 * Repeating it changes nothing.
 * @throws `cometchat_key.not_found`
 */
export function createRevokeApiKey(database: Database): RevokeApiKey {
  return (id, actor, keep) =>
    database.transaction(async (tx) => {
      const [[row], [time]] = await tx.read(
        sql`SELECT revoked_at FROM cometchat_keys WHERE id = ${new Uuid(id)} FOR UPDATE`,
        databaseNow,
      );
      if (!row) throw apiKeyNotFound();
      if (row.revoked_at !== null) return;
      const occurredAt = toTime(time?.now);
      tx.write([
        sql`UPDATE cometchat_keys SET revoked_at = ${occurredAt} WHERE id = ${new Uuid(id)}`,
        ...appendAudit([
          {
            actor,
            action: 'cometchat_key.revoke',
            target: `cometchat_key:${id}`,
            changedFields: ['revokedAt'],
            before: { revokedAt: null },
            after: { revokedAt: occurredAt.toISOString() },
            occurredAt,
          },
        ]),
      ]);
    }, keep);
}
