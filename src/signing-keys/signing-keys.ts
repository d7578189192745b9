import { type CryptoKey, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose';
import type { Database } from '../database/database';
import type { Encryption } from '../database/encryption';
import type { Wakeups } from '../wakeups/wakeups';
import { addFirstKey } from './key-chain';
import {
  ALGORITHM,
  isPublished,
  privateKeyPlace,
  type PublicKey,
  readKeys,
  type StoredKey,
} from './stored-key';

/** Signs what is sent to others, under keys that all processes share. */
export interface SigningKeys {
  /**
   * A JWT under the current key (RS256), in compact form. Nothing is added to the claims.
   * @param header `typ` says what the token is, so that it is taken for no other (RFC 8725, section 3.11)
   */
  sign(claims: JWTPayload, header: { typ: string }): Promise<string>;
  /** The `kid` of the current key. */
  currentKid(): Promise<string>;
  /** The public keys: of what signs, what will sign next, and what has signed lately (RFC 7517). */
  jwks(): Promise<PublicKeySet>;
}

/** RFC 7517, section 5. */
export interface PublicKeySet {
  keys: PublicKey[];
}

/**
 * So that a signature costs no query. A key that was withdrawn signs for no longer than this, should nobody hear that it
 * was; where it is heard, no longer than that takes.
 */
export const KEPT_MS = 1_000;

/** The keys as they were read. */
interface KnownKeys {
  signer: StoredKey;
  jwks: PublicKeySet;
}

/** Reads the keys when they are needed, and makes the first one where there is none. */
export function createSigningKeys(database: Database, encryption: Encryption, wakeups: Wakeups): SigningKeys {
  /** Begun at a time of the monotonic clock. */
  let latest: { begunAt: number; known: Promise<KnownKeys> } | null = null;
  let opened: { kid: string; key: CryptoKey } | null = null;

  const current = (): Promise<KnownKeys> => {
    if (latest && performance.now() - latest.begunAt < KEPT_MS) return latest.known;
    // Before the read: what is committed after it is announced to us.
    const changed = wakeups.wait('signing-keys', KEPT_MS);
    const reading = { begunAt: performance.now(), known: readOrBegin(database, encryption) };
    const forget = (): void => {
      if (latest === reading) latest = null;
    };
    latest = reading;
    void changed.then(forget);
    reading.known.catch(forget);
    return reading.known;
  };

  const open = async (stored: StoredKey): Promise<CryptoKey> => {
    if (opened?.kid === stored.kid) return opened.key;
    const key = await openPrivateKey(encryption, stored);
    opened = { kid: stored.kid, key };
    return key;
  };

  return {
    async sign(claims, { typ }) {
      const { signer } = await current();
      return new SignJWT(claims)
        .setProtectedHeader({ alg: ALGORITHM, kid: signer.kid, typ })
        .sign(await open(signer));
    },
    currentKid: async () => (await current()).signer.kid,
    jwks: async () => (await current()).jwks,
  };
}

async function readOrBegin(database: Database, encryption: Encryption): Promise<KnownKeys> {
  const found = await readKnown(database);
  if (found) return found;
  await addFirstKey(database, encryption);
  const made = await readKnown(database);
  if (!made) throw new Error('no signing key can be made');
  return made;
}

async function readKnown(database: Database): Promise<KnownKeys | null> {
  const { keys, now } = await readKeys(database);
  const signer = now && keys.find(({ signsFrom }) => signsFrom <= now);
  if (!signer) return null;
  const published = keys.filter((key) => isPublished(key, now));
  return { signer, jwks: { keys: published.map(({ publicKey }) => publicKey) } };
}

async function openPrivateKey(encryption: Encryption, { kid, privateKey }: StoredKey): Promise<CryptoKey> {
  if (privateKey === null) throw new Error(`the signing key ${kid} has no private part any more`);
  const jwk = JSON.parse(encryption.decrypt(privateKey, privateKeyPlace(kid))) as JWK;
  return (await importJWK(jwk, ALGORITHM)) as CryptoKey;
}
