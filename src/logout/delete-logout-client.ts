import type { Logger } from 'pino';
import { type Actor, appendAudit } from '../audit/audit';
import type { Database } from '../database/database';
import type { Keep } from '../database/keep';
import { sql } from '../database/sql';
import { Uuid } from '../database/uuid';
import { cancelWaiting } from '../events/cancel-waiting';
import { lockLogoutClient } from './lock-logout-client';
import { settingsOf } from './logout-client-settings';

export type DeleteLogoutClient = (id: string, actor: Actor, keep?: Keep<void>) => Promise<void>;

/**
 * Removes a client, and then cancels what waited for it.
 * @throws `logout_client.not_found`
 */
export function createDeleteLogoutClient(database: Database, log: Logger): DeleteLogoutClient {
  return async (id, actor, keep) => {
    await database.transaction(async (tx) => {
      const { client, now } = await lockLogoutClient(tx, id);
      tx.write(sql`DELETE FROM logout_clients WHERE id = ${new Uuid(id)}`);
      tx.write(
        appendAudit([
          {
            actor,
            action: 'logout_client.delete',
            target: `logout_client:${id}`,
            changedFields: [],
            before: { clientId: client.clientId, ...settingsOf(client) },
            occurredAt: now,
          },
        ]),
      );
    }, keep);
    // The client is gone, whatever becomes of this: the caller must not be told that nothing was changed.
    await cancelWaiting(database, 'logout', id, ['pending', 'skipped']).catch((error: unknown) => {
      log.warn(
        { err: error, logoutClientId: id },
        'not all deliveries to a deleted logout client could be cancelled yet',
      );
    });
  };
}
