import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

/** RFC 8032, section 5.1.5: a private key is 32 bytes, and so is a public one. */
const KEY_BYTES = 32;

/** What stands before the 32 bytes of a private key in PKCS #8 (RFC 8410, section 7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A new private key in the form that other implementations write: 32 bytes, followed by the public key. */
export function newEd25519Key(): Buffer {
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return Buffer.concat([Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')]);
}

/** Whether these are the bytes of a private key; where the public key follows, it has to be its own. */
export function isEd25519Key(bytes: Buffer): boolean {
  if (bytes.length === KEY_BYTES) return true;
  return bytes.length === 2 * KEY_BYTES && publicKeyOf(bytes).equals(bytes.subarray(KEY_BYTES));
}

export const toPrivateKey = (bytes: Buffer): KeyObject =>
  createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, bytes.subarray(0, KEY_BYTES)]),
    format: 'der',
    type: 'pkcs8',
  });

/** The 32 bytes of the public key that belongs to a private one. */
export const publicKeyOf = (bytes: Buffer): Buffer =>
  Buffer.from(createPublicKey(toPrivateKey(bytes)).export({ format: 'jwk' }).x ?? '', 'base64url');
