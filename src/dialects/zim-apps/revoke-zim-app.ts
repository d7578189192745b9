import { type Actor, appendAudit } from '../../audit/audit';
import type { Database } from '../../database/database';
import { toTime } from '../../database/decode';
import type { Keep } from '../../database/keep';
import { databaseNow, sql } from '../../database/sql';
import { zimAppNotFound } from './zim-app';

export type RevokeZimApp = (appId: number, actor: Actor, keep?: Keep<void>) => Promise<void>;

/**
 * Refuses an app's calls from now on, in all processes: each call reads its row. The row stays, so that the id in the audit
 * trail goes on meaning this app alone; its secret goes. A repeated call is safe.
 * @throws `zim_app.not_found`
 */
export function createRevokeZimApp(database: Database): RevokeZimApp {
  return (appId, actor, keep) =>
    database.transaction(async (tx) => {
      const [[app], [time]] = await tx.read(
        sql`SELECT revoked_at FROM zim_apps WHERE app_id = ${appId} FOR UPDATE`,
        databaseNow,
      );
      if (!app) throw zimAppNotFound();
      if (app.revoked_at !== null) return;
      const revokedAt = toTime(time?.now);
      tx.write(sql`UPDATE zim_apps SET revoked_at = ${revokedAt}, secret = '' WHERE app_id = ${appId}`);
      const target = `zim_app:${appId}`;
      tx.write(
        appendAudit([
          { actor, action: 'zim_app.revoke', target, changedFields: ['revokedAt'], occurredAt: revokedAt },
        ]),
      );
    }, keep);
}
