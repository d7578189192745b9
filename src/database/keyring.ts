import { createHmac, hkdfSync } from 'node:crypto';
import type { Encryption } from './encryption';

/** The installation's keys, as `KeyedValue`s meet them when their statement is rendered. */
export interface Keyring {
  encryption: Encryption;
  /** HMAC-SHA256 of a text, base64url, under a key for this purpose alone. */
  mac(purpose: string, text: string): string;
  /** 32 bytes that only this key gives for this purpose. */
  derive(purpose: string): Buffer;
}

const KEY_BYTES = 32;

/** @param auditKey 32 bytes; a key for each purpose is derived from it (HKDF, RFC 5869) */
export function createKeyring(encryption: Encryption, auditKey: Buffer): Keyring {
  const derived = new Map<string, Buffer>();
  const derive = (purpose: string): Buffer => {
    const known = derived.get(purpose);
    if (known) return known;
    const key = Buffer.from(hkdfSync('sha256', auditKey, '', `portcullis/${purpose}`, KEY_BYTES));
    derived.set(purpose, key);
    return key;
  };
  return {
    encryption,
    derive,
    mac: (purpose, text) => createHmac('sha256', derive(purpose)).update(text, 'utf8').digest('base64url'),
  };
}
