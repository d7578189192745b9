import { toTime } from '../database/decode';
import { databaseNow, sql } from '../database/sql';
import type { Transaction } from '../database/transaction';
import { Uuid } from '../database/uuid';
import { LogoutClient } from './logout-client.entity';
import { logoutClientNotFound } from './logout.errors';

/**
 * Locks a client for a change that somebody asks for, and reads it as it is then.
 * @returns the client, and the time after the lock was had
 * @throws `logout_client.not_found`
 */
export async function lockLogoutClient(
  tx: Transaction,
  id: string,
): Promise<{ client: LogoutClient; now: Date }> {
  const [, [time]] = await tx.read(
    sql`SELECT id FROM logout_clients WHERE id = ${new Uuid(id)} FOR UPDATE`,
    databaseNow,
  );
  const client = await (await tx.entities()).findOneBy(LogoutClient, { id });
  if (!client) throw logoutClientNotFound();
  return { client, now: toTime(time?.now) };
}
