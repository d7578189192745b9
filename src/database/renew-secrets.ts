import type { Logger } from 'pino';
import { toText } from './decode';
import type { Database } from './database';
import type { Encryption, SecretPlace } from './encryption';
import { type Polling, startPolling } from './polling';
import { sql, type SqlValue, type Statement } from './sql';

/** Between two looks, in milliseconds: who takes an older key out of `ENCRYPTION_KEYS` does not do it at once. */
const INTERVAL_MS = 600_000;

/** A column that holds a secret in each row of a table that has few; one that is empty holds none. */
export interface SecretColumn<Key extends SqlValue> {
  /** In the log. */
  name: string;
  table: Statement;
  key: Statement;
  column: Statement;
  readKey: (value: unknown) => Key;
  placeOf: (key: Key) => SecretPlace;
}

/**
 * Encrypts anew the secrets that stand under an older key, so that the key can be taken out of `ENCRYPTION_KEYS`. When the
 * worker starts and every ten minutes; several workers may.
 */
export const startSecretRenewal = <Key extends SqlValue>(
  database: Database,
  encryption: Encryption,
  secrets: SecretColumn<Key>,
  log: Logger,
): Polling =>
  startPolling({
    intervalMs: INTERVAL_MS,
    round: () => renewSecrets(database, encryption, secrets, log).then(() => INTERVAL_MS),
    log,
    onFailure: `${secrets.name} could not be encrypted anew`,
  });

/** One look at all of them. One that cannot be decrypted keeps no other from being encrypted anew. */
export async function renewSecrets<Key extends SqlValue>(
  database: Database,
  encryption: Encryption,
  secrets: SecretColumn<Key>,
  log: Logger,
): Promise<void> {
  const { table, key, column, readKey, placeOf } = secrets;
  const { prefix } = encryption;
  const { rows } = await database.query(sql`SELECT ${key} AS secret_key FROM ${table}
    WHERE ${column} <> '' AND LEFT(${column}, ${prefix.length}) <> ${prefix} ORDER BY ${key}`);
  for (const row of rows) {
    const one = readKey(row.secret_key);
    await renewSecret(database, encryption, secrets, one).catch((error: unknown) =>
      log.warn({ err: error, ...placeOf(one) }, 'a secret cannot be encrypted anew'),
    );
  }
}

/** The row is locked meanwhile, so that nothing that somebody changes at the same moment is undone. */
const renewSecret = <Key extends SqlValue>(
  database: Database,
  encryption: Encryption,
  { table, key, column, placeOf }: SecretColumn<Key>,
  one: Key,
): Promise<void> =>
  database.transaction(async (tx) => {
    const [[row]] = await tx.read(
      sql`SELECT ${column} AS secret FROM ${table} WHERE ${key} = ${one} AND ${column} <> '' FOR UPDATE`,
    );
    if (!row) return;
    const place = placeOf(one);
    const anew = encryption.encrypt(encryption.decrypt(toText(row.secret), place), place);
    tx.write(sql`UPDATE ${table} SET ${column} = ${anew} WHERE ${key} = ${one}`);
  });
