import { randomBytes } from 'node:crypto';
import type { Encryption, SecretPlace } from '../database/encryption';
import { isEd25519Key, newEd25519Key, publicKeyOf } from './ed25519-key';
import type { WebhookEndpoint } from './webhook-endpoint.entity';
import { secretInvalid } from './webhooks.errors';

type Signature = WebhookEndpoint['signature'];

/** Standard Webhooks, "Signature scheme": 24 to 64 bytes. */
const [MIN_BYTES, MAX_BYTES] = [24, 64];
const SECRET_BYTES = 32;

// Standard Webhooks, "Secret serialization".
const SYMMETRIC = 'whsec_';
const PRIVATE = 'whsk_';
const PUBLIC = 'whpk_';

/** A new signing secret, in the form that receivers' libraries take. */
export const newEndpointSecret = (signature: Signature = 'v1'): string =>
  signature === 'v1a'
    ? PRIVATE + newEd25519Key().toString('base64')
    : SYMMETRIC + randomBytes(SECRET_BYTES).toString('base64');

/**
 * What a caller gives as a secret; a new one where she gives none.
 * @throws `request.invalid` where it is none of this signature's
 */
export function toEndpointSecret(signature: Signature, given: string | undefined): string {
  if (given === undefined) return newEndpointSecret(signature);
  const fault = secretFaults[signature](given);
  if (fault !== null) throw secretInvalid(fault);
  return given;
}

const secretFaults: Record<Signature, (secret: string) => string | null> = {
  v1(secret) {
    const length = bytesAfter(SYMMETRIC, secret)?.length ?? 0;
    const isOne = length >= MIN_BYTES && length <= MAX_BYTES;
    return isOne ? null : `must be ${SYMMETRIC} and the base64 of ${MIN_BYTES} to ${MAX_BYTES} bytes`;
  },
  v1a(secret) {
    const bytes = bytesAfter(PRIVATE, secret);
    return bytes && isEd25519Key(bytes)
      ? null
      : `must be ${PRIVATE} and the base64 of an Ed25519 private key`;
  },
  // Its receivers take the text itself for the key, so that any will do; the contract says how long.
  guardhouse: () => null,
};

/** null where it is not this prefix with base64 as every library reads it: padded, and of one spelling. */
function bytesAfter(prefix: string, secret: string): Buffer | null {
  if (!secret.startsWith(prefix)) return null;
  const base64 = secret.slice(prefix.length);
  const bytes = Buffer.from(base64, 'base64');
  return bytes.toString('base64') === base64 ? bytes : null;
}

/** The bytes of a `v1a` secret. */
export const ed25519KeyOf = (secret: string): Buffer => Buffer.from(secret.slice(PRIVATE.length), 'base64');

/** Where an endpoint's secrets stand, for `database/encryption.ts`. */
export const secretPlace = (endpointId: string): SecretPlace => ({
  table: 'webhook_endpoints',
  rowId: endpointId,
});

/** The secrets that sign at a moment, the newest first: two while one takes over from the other. */
export function signingSecrets(
  encryption: Encryption,
  { id, secret, previousSecret, previousSecretUntil }: WebhookEndpoint,
  at: Date,
): string[] {
  const overlaps = previousSecret !== null && previousSecretUntil !== null && previousSecretUntil > at;
  const stored = overlaps ? [secret, previousSecret] : [secret];
  return stored.map((one) => encryption.decrypt(one, secretPlace(id)));
}

/** What a receiver verifies `v1a` with; nothing for the others, whose secrets both sides keep. */
export function publicKeys(encryption: Encryption, endpoint: WebhookEndpoint, at: Date): string[] {
  if (endpoint.signature !== 'v1a') return [];
  const secrets = signingSecrets(encryption, endpoint, at);
  return secrets.map((secret) => PUBLIC + publicKeyOf(ed25519KeyOf(secret)).toString('base64'));
}
