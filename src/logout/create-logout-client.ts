import { type Actor, appendAudit } from '../audit/audit';
import type { Database } from '../database/database';
import { toTime } from '../database/decode';
import type { Keep } from '../database/keep';
import { databaseNow } from '../database/sql';
import { DuplicateKeyError } from '../database/unit-of-work';
import { newUuid } from '../database/uuid';
import type { AddressPolicy } from '../outbound/address-policy';
import { checkDestination } from '../outbound/check-destination';
import { LogoutClient } from './logout-client.entity';
import type { LogoutClientSettings } from './logout-client-settings';
import { clientTaken, logoutAddress } from './logout.errors';

export interface NewLogoutClient extends Partial<LogoutClientSettings> {
  clientId: string;
  logoutUri: string;
}

export type CreateLogoutClient = (
  input: NewLogoutClient,
  actor: Actor,
  keep?: Keep<LogoutClient>,
) => Promise<LogoutClient>;

/**
 * Registers a client for back-channel logout. Of sessions that ended before it learns nothing.
 * @throws `logout_client.address_refused`, `logout_client.client_taken`
 */
export function createCreateLogoutClient(database: Database, policy: AddressPolicy): CreateLogoutClient {
  return async (input, actor, keep) => {
    // Asks a resolver, so it stays outside the transaction (I3).
    await checkDestination(input.logoutUri, policy, logoutAddress);
    const insert = () =>
      database.transaction(async (tx) => {
        const [[time]] = await tx.read(databaseNow);
        const client = toClient(input, toTime(time?.now));
        await (await tx.entities()).insert(LogoutClient, { ...client });
        const { clientId, logoutUri, sessionRequired, enabled, description, createdAt } = client;
        const after = { clientId, logoutUri, sessionRequired, enabled, description };
        tx.write(
          appendAudit([
            {
              actor,
              action: 'logout_client.create',
              target: `logout_client:${client.id}`,
              changedFields: Object.keys(after),
              after,
              occurredAt: createdAt,
            },
          ]),
        );
        return client;
      }, keep);
    return insert().catch((error: unknown) => {
      throw error instanceof DuplicateKeyError ? clientTaken() : error;
    });
  };
}

const toClient = (input: NewLogoutClient, now: Date): LogoutClient => ({
  id: newUuid(),
  clientId: input.clientId,
  logoutUri: input.logoutUri,
  sessionRequired: input.sessionRequired ?? false,
  enabled: input.enabled ?? true,
  description: input.description ?? null,
  failingSince: null,
  version: 1,
  createdAt: now,
  updatedAt: null,
});
