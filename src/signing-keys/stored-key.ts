import type { Database } from '../database/database';
import { orNull, toText, toTime } from '../database/decode';
import type { SecretPlace } from '../database/encryption';
import type { Row } from '../database/engines/engine';
import type { SecretColumn } from '../database/renew-secrets';
import { currentTime, sql, type Statement } from '../database/sql';

/** RFC 7518, section 3.3: 2048 bits or more. CAEP Interoperability Profile 1.0, section 2.6: RS256. */
export const ALGORITHM = 'RS256';

/** As it is published (RFC 7517, section 4; RFC 7518, section 6.3.1). */
export interface PublicKey {
  kty: 'RSA';
  n: string;
  e: string;
  kid: string;
  use: 'sig';
  alg: typeof ALGORITHM;
}

/** A row of `signing_keys`. */
export interface StoredKey {
  kid: string;
  publicKey: PublicKey;
  /** Encrypted; null once it signs no more. */
  privateKey: string | null;
  createdAt: Date;
  signsFrom: Date;
  /** Null where no other key follows yet. */
  signsUntil: Date | null;
  publishedUntil: Date | null;
}

/** Where a private key stands, for `database/encryption.ts`. */
export const privateKeyPlace = (kid: string): SecretPlace => ({ table: 'signing_keys', rowId: kid });

/** All of them; what signs no more has none. */
export const privateKeys: SecretColumn<string> = {
  name: 'the signing keys',
  table: sql`signing_keys`,
  key: sql`kid`,
  column: sql`private_key`,
  readKey: toText,
  placeOf: privateKeyPlace,
};

/** All keys, the newest first. */
export const selectKeys: Statement = sql`SELECT kid, public_key, private_key, created_at, signs_from, signs_until, published_until, ${currentTime} AS now
    FROM signing_keys ORDER BY signs_from DESC, kid`;

/**
 * All keys, the newest first, and the time at which they were read. A server that was the primary once may still hold a
 * key that was withdrawn since, and is not believed.
 */
export async function readKeys(database: Database): Promise<{ keys: StoredKey[]; now: Date | null }> {
  const { rows } = await database.queryPrimary(selectKeys);
  return { keys: rows.map(toStoredKey), now: orNull(toTime, rows[0]?.now) };
}

export const toStoredKey = (row: Row): StoredKey => ({
  kid: toText(row.kid),
  publicKey: JSON.parse(toText(row.public_key)) as PublicKey,
  privateKey: orNull(toText, row.private_key),
  createdAt: toTime(row.created_at),
  signsFrom: toTime(row.signs_from),
  signsUntil: orNull(toTime, row.signs_until),
  publishedUntil: orNull(toTime, row.published_until),
});

/** What receivers verify by at that time: what signs, what will sign next, and what has signed lately. */
export const isPublished = ({ publishedUntil }: StoredKey, at: Date): boolean =>
  publishedUntil === null || publishedUntil > at;
