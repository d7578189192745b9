import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { EncryptionKey } from '../config-values';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12; // NIST SP 800-38D, section 8.2: 96 bits
const TAG_BYTES = 16;

/** Where a secret stands. It is bound to the ciphertext, so that a row copied elsewhere does not decrypt. */
export interface SecretPlace {
  table: string;
  rowId: string;
}

export interface Encryption {
  /** What a text under the current key begins with. */
  readonly prefix: string;
  encrypt(plaintext: string, place: SecretPlace): string;
  /** @throws where no key of that id is configured, or the text or its place was tampered with. */
  decrypt(ciphertext: string, place: SecretPlace): string;
}

/**
 * Secrets at rest: AES-256-GCM, written `<key id>.<base64url of nonce, tag and ciphertext>`. The first key
 * encrypts, every key decrypts, so that keys rotate by prepending.
 */
export function createEncryption(keys: readonly EncryptionKey[]): Encryption {
  const [current] = keys;
  if (!current) throw new RangeError('at least one encryption key is needed');
  const associatedData = ({ table, rowId }: SecretPlace) => Buffer.from(`${table}/${rowId}`);

  const prefix = `${current.id}.`;

  return {
    prefix,

    encrypt(plaintext, place) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, current.key, nonce).setAAD(associatedData(place));
      const body = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
      return prefix + Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url');
    },

    decrypt(ciphertext, place) {
      const [keyId, encoded = ''] = ciphertext.split('.');
      const key = keys.find(({ id }) => id === keyId);
      if (!key)
        throw new Error(`no encryption key "${keyId}" is configured; keep older keys in ENCRYPTION_KEYS`);
      const bytes = Buffer.from(encoded, 'base64url');
      const decipher = createDecipheriv(ALGORITHM, key.key, bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(associatedData(place));
      decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      const body = bytes.subarray(NONCE_BYTES + TAG_BYTES);
      return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
    },
  };
}
