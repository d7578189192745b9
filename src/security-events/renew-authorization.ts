import type { Logger } from 'pino';
import type { Database } from '../database/database';
import { orNull, toText, toUuid } from '../database/decode';
import type { Encryption } from '../database/encryption';
import { type Polling, startPolling } from '../database/polling';
import { sql } from '../database/sql';
import { Uuid } from '../database/uuid';
import { authorizationPlace } from './authorization-header';

const INTERVAL_MS = 600_000;

/**
 * Encrypts anew the `authorization_header`s that stand under an older key, so that the key can be taken out of
 * `ENCRYPTION_KEYS`. When the worker starts and every ten minutes; several workers may. There are few streams: a client has one.
 */
export const startAuthorizationRenewal = (database: Database, encryption: Encryption, log: Logger): Polling =>
  startPolling({
    intervalMs: INTERVAL_MS,
    round: () => renewAuthorizations(database, encryption, log).then(() => INTERVAL_MS),
    log,
    onFailure: 'the authorization of security event streams could not be encrypted anew',
  });

export async function renewAuthorizations(
  database: Database,
  encryption: Encryption,
  log: Logger,
): Promise<void> {
  const { prefix } = encryption;
  const { rows } = await database.query(sql`SELECT id FROM security_event_streams
    WHERE LEFT(authorization_header, ${prefix.length}) <> ${prefix} ORDER BY id`);
  for (const streamId of rows.map(({ id }) => toUuid(id))) {
    await renew(database, encryption, streamId).catch((error: unknown) =>
      log.warn({ err: error, streamId }, 'a stream cannot be encrypted anew'),
    );
  }
}

/** The row is locked meanwhile, so that no change is undone. */
const renew = (database: Database, encryption: Encryption, streamId: string): Promise<void> =>
  database.transaction(async (tx) => {
    const id = new Uuid(streamId);
    const [[row]] = await tx.read(
      sql`SELECT authorization_header FROM security_event_streams WHERE id = ${id} FOR UPDATE`,
    );
    const sealed = orNull(toText, row?.authorization_header);
    if (sealed === null) return;
    const place = authorizationPlace(streamId);
    const anew = encryption.encrypt(encryption.decrypt(sealed, place), place);
    tx.write(sql`UPDATE security_event_streams SET authorization_header = ${anew} WHERE id = ${id}`);
  });
