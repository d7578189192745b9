import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import type { Database } from '../database/database';
import { toTime } from '../database/decode';
import type { Encryption } from '../database/encryption';
import { announcing, databaseNow, sql, type Statement } from '../database/sql';
import type { Transaction } from '../database/transaction';
import {
  ALGORITHM,
  privateKeyPlace,
  type PublicKey,
  selectKeys,
  type StoredKey,
  toStoredKey,
} from './stored-key';

const MODULUS_BITS = 2_048;

const DAY_MS = 86_400_000;

/** A key is published so long before it signs: longer than anybody is told to keep a key set. */
export const PUBLISHED_BEFORE_MS = DAY_MS;

/**
 * How long a key is published after it has stopped signing. What it signs is verified when it arrives, but security
 * event tokens do not expire (SSF 1.0, section 4.1.7), and a receiver may let them lie.
 */
const PUBLISHED_AFTER_MS = 30 * DAY_MS;

/** What the first key follows upon. */
export const NO_KEY = '';

/** A key that is made and stands nowhere yet. */
export interface NewKey {
  publicKey: PublicKey;
  /** Encrypted. */
  privateKey: string;
}

/** Takes a good part of a second of work, so it stays outside the transaction. */
export async function makeKey(encryption: Encryption): Promise<NewKey> {
  const pair = await generateKeyPair(ALGORITHM, { modulusLength: MODULUS_BITS, extractable: true });
  const [{ n = '', e = '' }, privateJwk] = await Promise.all([
    exportJWK(pair.publicKey),
    exportJWK(pair.privateKey),
  ]);
  // RFC 7638: nobody has to remember which names were given.
  const kid = await calculateJwkThumbprint({ kty: 'RSA', n, e });
  return {
    publicKey: { kty: 'RSA', n, e, kid, use: 'sig', alg: ALGORITHM },
    privateKey: encryption.encrypt(JSON.stringify(privateJwk), privateKeyPlace(kid)),
  };
}

/** Those who change the chain go one by one; a row of the chain itself cannot be locked, since it may be taken away. */
const lockChain: Statement = sql`SELECT name FROM counters WHERE name = 'signing_keys' FOR UPDATE`;

/** All keys, the newest first, which nobody else changes until this transaction is over. */
export async function lockKeys(tx: Transaction): Promise<{ keys: StoredKey[]; now: Date }> {
  const [, rows, [time]] = await tx.read(lockChain, selectKeys, databaseNow);
  return { keys: rows.map(toStoredKey), now: toTime(time?.now) };
}

/** The first key there is, unless another process was faster. */
export async function addFirstKey(database: Database, encryption: Encryption): Promise<void> {
  const made = await makeKey(encryption);
  await database.transaction(async (tx) => {
    const { keys, now } = await lockKeys(tx);
    if (keys.length === 0) tx.write(insertKey(keyFrom(made, now, now), undefined));
  });
}

/** The row that a new key becomes. */
export const keyFrom = ({ publicKey, privateKey }: NewKey, createdAt: Date, signsFrom: Date): StoredKey => ({
  kid: publicKey.kid,
  publicKey,
  privateKey,
  createdAt,
  signsFrom,
  signsUntil: null,
  publishedUntil: null,
});

/** Lets a new key take over from the newest when it begins to sign. Both are published before and after that. */
export const takeOver = (key: StoredKey, newest: StoredKey): Statement[] => [
  insertKey(key, newest),
  sql`UPDATE signing_keys SET signs_until = ${key.signsFrom},
    published_until = ${new Date(key.signsFrom.getTime() + PUBLISHED_AFTER_MS)} WHERE kid = ${newest.kid}`,
];

/**
 * Writes the key that follows upon another, or the first one. Processes that know the keys read them anew.
 * @param predecessor the newest key there was; of two that would follow upon the same a unique key refuses one
 */
export const insertKey = (key: StoredKey, predecessor: StoredKey | undefined): Statement =>
  announcing(
    'signing-keys',
    sql`INSERT INTO signing_keys (kid, predecessor, algorithm, public_key, private_key, created_at, signs_from)
      VALUES (${key.kid}, ${predecessor?.kid ?? NO_KEY}, ${ALGORITHM}, ${JSON.stringify(key.publicKey)},
      ${key.privateKey}, ${key.createdAt}, ${key.signsFrom})`,
  );
