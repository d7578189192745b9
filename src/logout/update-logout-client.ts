import { type Actor, appendAudit } from '../audit/audit';
import type { Database } from '../database/database';
import type { Keep } from '../database/keep';
import { sql, type Statement } from '../database/sql';
import { Uuid } from '../database/uuid';
import { type IfMatch, preconditionFault } from '../http/etag';
import type { AddressPolicy } from '../outbound/address-policy';
import { checkDestination } from '../outbound/check-destination';
import { lockLogoutClient } from './lock-logout-client';
import type { LogoutClient } from './logout-client.entity';
import { type LogoutClientSettings, settingsOf } from './logout-client-settings';
import { logoutAddress } from './logout.errors';
import { logoutClientTag } from './show-logout-client';

export interface UpdateLogoutClientCommand {
  clientUuid: string;
  /** What is absent stays. */
  patch: Partial<LogoutClientSettings>;
  actor: Actor;
  /** The states of the client that the caller means; any where absent. */
  ifMatch?: IfMatch;
}

export type UpdateLogoutClient = (
  command: UpdateLogoutClientCommand,
  keep?: Keep<LogoutClient>,
) => Promise<LogoutClient>;

/**
 * Changes a client's settings, and answers it as it is then. Where nothing is different nothing is written.
 * @throws `logout_client.not_found`, `logout_client.address_refused`, `precondition.failed`
 */
export function createUpdateLogoutClient(database: Database, policy: AddressPolicy): UpdateLogoutClient {
  return async ({ clientUuid, patch, actor, ifMatch }, keep) => {
    // Asks a resolver, so it stays outside the transaction (I3).
    if (patch.logoutUri !== undefined) await checkDestination(patch.logoutUri, policy, logoutAddress);
    return database.transaction(async (tx) => {
      const { client, now } = await lockLogoutClient(tx, clientUuid);
      const fault = preconditionFault(ifMatch, logoutClientTag(client));
      if (fault) throw fault;
      const present = settingsOf(client);
      const wanted = { ...present, ...patch };
      const changedFields = difference(present, wanted);
      if (changedFields.length === 0) return client;
      const changed: LogoutClient = {
        ...client,
        ...wanted,
        // What went on at another address says nothing about this one.
        failingSince: wanted.logoutUri === present.logoutUri ? client.failingSince : null,
        version: client.version + 1,
        updatedAt: now,
      };
      tx.write(updateSettings(changed));
      tx.write(
        appendAudit([
          {
            actor,
            action: 'logout_client.update',
            target: `logout_client:${client.id}`,
            changedFields,
            before: pick(present, changedFields),
            after: pick(wanted, changedFields),
            occurredAt: now,
          },
        ]),
      );
      return changed;
    }, keep);
  };
}

const difference = (
  present: LogoutClientSettings,
  wanted: LogoutClientSettings,
): (keyof LogoutClientSettings)[] =>
  (Object.keys(present) as (keyof LogoutClientSettings)[]).filter(
    (field) => present[field] !== wanted[field],
  );

const pick = (settings: LogoutClientSettings, fields: readonly (keyof LogoutClientSettings)[]) =>
  Object.fromEntries(fields.map((field) => [field, settings[field]]));

const updateSettings = (changed: LogoutClient): Statement =>
  sql`UPDATE logout_clients SET logout_uri = ${changed.logoutUri}, session_required = ${changed.sessionRequired},
    enabled = ${changed.enabled}, description = ${changed.description}, failing_since = ${changed.failingSince},
    version = ${changed.version}, updated_at = ${changed.updatedAt} WHERE id = ${new Uuid(changed.id)}`;
