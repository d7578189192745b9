import type { Logger } from 'pino';
import type { Database } from '../database/database';
import { orNull, toText, toUuid } from '../database/decode';
import type { Encryption, SecretPlace } from '../database/encryption';
import type { Row } from '../database/engines/engine';
import { type Polling, startPolling } from '../database/polling';
import { currentTime, sql, type Statement } from '../database/sql';
import { Uuid } from '../database/uuid';
import { headersPlace } from './endpoint-headers';
import { secretPlace } from './endpoint-secret';

const INTERVAL_MS = 600_000;
const BETWEEN_BATCHES_MS = 100;
const BATCH = 50;

/** Where the walk begins. */
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/**
 * Encrypts anew what endpoints keep under an older key, so that the key can be taken out of `ENCRYPTION_KEYS`, and drops
 * secrets whose overlap is over. When the worker starts and every ten minutes; several workers may.
 */
export const startEndpointSecretRenewal = (
  database: Database,
  encryption: Encryption,
  log: Logger,
): Polling =>
  startPolling({
    intervalMs: INTERVAL_MS,
    round: createRenewalRounds(database, encryption, log),
    log,
    onFailure: 'secrets of webhook endpoints could not be encrypted anew',
  });

/** A round is a batch; the endpoints are walked along by id, so that one that fails holds up no other. */
export function createRenewalRounds(
  database: Database,
  encryption: Encryption,
  log: Logger,
): () => Promise<number> {
  let after = FIRST_ID;
  let renewed = 0;

  return async () => {
    const { rows } = await database.query(selectOutdated(encryption.prefix, after));
    for (const id of rows.map((row) => toUuid(row.id))) {
      after = id;
      await renew(database, encryption, id).then(
        () => renewed++,
        (error: unknown) => log.warn({ err: error, endpointId: id }, 'an endpoint cannot be encrypted anew'),
      );
    }
    if (rows.length === BATCH) return BETWEEN_BATCHES_MS;
    if (renewed > 0) log.info({ endpoints: renewed }, 'encrypted secrets of webhook endpoints anew');
    after = FIRST_ID;
    renewed = 0;
    return INTERVAL_MS;
  };
}

/** The keys' ids hold characters that LIKE would take for patterns. */
const isOutdated = (column: Statement, prefix: string): Statement =>
  sql`LEFT(${column}, ${prefix.length}) <> ${prefix}`;

const selectOutdated = (prefix: string, after: string): Statement =>
  sql`SELECT id FROM webhook_endpoints WHERE id > ${new Uuid(after)} AND (${isOutdated(sql`secret`, prefix)}
    OR ${isOutdated(sql`previous_secret`, prefix)} OR ${isOutdated(sql`headers`, prefix)}
    OR previous_secret_until <= ${currentTime}) ORDER BY id LIMIT ${BATCH}`;

/** The row is locked meanwhile, so that no rotation is undone. Its version stays: nobody has changed anything. */
const renew = (database: Database, encryption: Encryption, id: string): Promise<void> =>
  database.transaction(async (tx) => {
    const [[row]] = await tx.read(sql`SELECT secret, headers,
      CASE WHEN previous_secret_until > ${currentTime} THEN previous_secret END AS previous_secret,
      CASE WHEN previous_secret_until > ${currentTime} THEN previous_secret_until END AS previous_secret_until
      FROM webhook_endpoints WHERE id = ${new Uuid(id)} FOR UPDATE`);
    if (row) tx.write(updateSealed(encryption, id, row));
  });

function updateSealed(encryption: Encryption, id: string, row: Row): Statement {
  const anew = (value: unknown, place: SecretPlace): string | null => {
    const sealed = orNull(toText, value);
    return sealed && encryption.encrypt(encryption.decrypt(sealed, place), place);
  };
  const place = secretPlace(id);
  return sql`UPDATE webhook_endpoints SET secret = ${anew(row.secret, place)},
    previous_secret = ${anew(row.previous_secret, place)},
    previous_secret_until = ${row.previous_secret_until as Date | null},
    headers = ${anew(row.headers, headersPlace(id))} WHERE id = ${new Uuid(id)}`;
}
