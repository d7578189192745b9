import type { Logger } from 'pino';
import type { Database } from '../../database/database';
import { toInteger, toText } from '../../database/decode';
import type { Encryption } from '../../database/encryption';
import { type Polling, startPolling } from '../../database/polling';
import { sql } from '../../database/sql';
import { secretPlace } from './zim-app';

const INTERVAL_MS = 600_000;

/**
 * Encrypts anew the secrets of apps that stand under an older key, so that the key can be taken out of `ENCRYPTION_KEYS`.
 * When the worker starts and every ten minutes; several workers may. There are few apps.
 */
export const startZimSecretRenewal = (database: Database, encryption: Encryption, log: Logger): Polling =>
  startPolling({
    intervalMs: INTERVAL_MS,
    round: () => renewZimSecrets(database, encryption, log).then(() => INTERVAL_MS),
    log,
    onFailure: 'the secrets of ZIM apps could not be encrypted anew',
  });

export async function renewZimSecrets(
  database: Database,
  encryption: Encryption,
  log: Logger,
): Promise<void> {
  const { prefix } = encryption;
  const { rows } = await database.query(sql`SELECT app_id FROM zim_apps
    WHERE revoked_at IS NULL AND LEFT(secret, ${prefix.length}) <> ${prefix} ORDER BY app_id`);
  for (const appId of rows.map((row) => toInteger(row.app_id))) {
    await renew(database, encryption, appId).catch((error: unknown) =>
      log.warn({ err: error, appId }, 'the secret of a ZIM app cannot be encrypted anew'),
    );
  }
}

/** The row is locked meanwhile, so that no revocation is undone. */
const renew = (database: Database, encryption: Encryption, appId: number): Promise<void> =>
  database.transaction(async (tx) => {
    const [[row]] = await tx.read(
      sql`SELECT secret FROM zim_apps WHERE app_id = ${appId} AND revoked_at IS NULL FOR UPDATE`,
    );
    if (!row) return;
    const place = secretPlace(appId);
    const anew = encryption.encrypt(encryption.decrypt(toText(row.secret), place), place);
    tx.write(sql`UPDATE zim_apps SET secret = ${anew} WHERE app_id = ${appId}`);
  });
