import type { Database } from '../src/database/database';
import type { Keyring } from '../src/database/keyring';
import { sql } from '../src/database/sql';
import { newUuid, Uuid } from '../src/database/uuid';
import { newEndpointSecret, secretPlace } from '../src/webhooks/endpoint-secret';

/** @param url leads to nobody where no worker runs */
export async function registerEndpoint(
  database: Database,
  { encryption }: Keyring,
  url = 'https://hooks.example.com/bench',
): Promise<string> {
  const id = newUuid();
  const secret = encryption.encrypt(newEndpointSecret(), secretPlace(id));
  await database.query(sql`INSERT INTO webhook_endpoints (id, url, event_types, secret, enabled, created_at)
    VALUES (${new Uuid(id)}, ${url}, ${'["user.blocked","user.unblocked"]'}, ${secret}, TRUE, ${new Date()})`);
  return id;
}
