import { randomBytes } from 'node:crypto';
import type { Database } from '../src/database/database';
import { sql } from '../src/database/sql';
import { newUuid, Uuid } from '../src/database/uuid';

/** Nothing is sent in this run: no worker consumes. The secret is none. */
export async function registerEndpoint(database: Database): Promise<string> {
  const id = newUuid();
  await database.query(sql`INSERT INTO webhook_endpoints (id, url, event_types, secret, enabled, created_at)
    VALUES (${new Uuid(id)}, ${'https://hooks.example.com/bench'}, ${'["user.blocked","user.unblocked"]'},
      ${randomBytes(8).toString('hex')}, TRUE, ${new Date()})`);
  return id;
}
