import { sign } from 'node:crypto';
import { toPrivateKey } from './ed25519-key';
import { ed25519KeyOf } from './endpoint-secret';
import { type Sign, standardHeaders, unixSeconds } from './signature';

/** Standard Webhooks, asymmetric: Ed25519, which the library for Node does not make. */
export const signV1a: Sign = (message, secrets) => {
  const { id, sentAt, body } = message;
  const signed = Buffer.from(`${id}.${unixSeconds(sentAt)}.${body}`);
  return standardHeaders(
    message,
    secrets.map((secret) => {
      // Ed25519 hashes by itself; it takes no digest from outside (RFC 8032, section 5.1).
      const signature = sign(null, signed, toPrivateKey(ed25519KeyOf(secret)));
      return `v1a,${signature.toString('base64')}`;
    }),
  );
};
