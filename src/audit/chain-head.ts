import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { CompactSign, compactVerify } from 'jose';
import { z } from 'zod';
import type { Database } from '../database/database';
import { toInteger, toText, toTime } from '../database/decode';
import type { Keyring } from '../database/keyring';
import { currentTime, sql } from '../database/sql';
import { DomainError } from '../errors';

/** The end of the chain at one moment. Whoever keeps it can show later that nothing before it was cut off. */
export interface ChainHead {
  /** 0 while nothing is chained. */
  position: number;
  chainHash: string;
  recordedAt: Date;
}

export interface SignedHead extends ChainHead {
  /** A compact JWS (RFC 7515) over position, chainHash and recordedAt. */
  signature: string;
  /** The key that it is checked with, a JWK (RFC 8037): anybody can, without the audit key. */
  publicKey: { kty: 'OKP'; crv: 'Ed25519'; x: string };
}

const ALGORITHM = 'EdDSA';
/** RFC 8410, section 7: what stands in front of the 32 bytes of a private key. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

const signedPart = z.object({
  position: z.int().min(0),
  chainHash: z.string(),
  recordedAt: z.iso.datetime(),
});

export const selectHead = sql`SELECT position, chain_hash, ${currentTime} AS now FROM audit_head`;

/** Derived from the audit key, so that there is no further secret to keep. */
function signingKeyOf(keyring: Keyring): KeyObject {
  const der = Buffer.concat([PKCS8_PREFIX, keyring.derive('audit head')]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

export async function readSignedHead(database: Database, keyring: Keyring): Promise<SignedHead> {
  const {
    rows: [row],
  } = await database.query(selectHead);
  const position = toInteger(row?.position);
  const chainHash = toText(row?.chain_hash);
  const recordedAt = toTime(row?.now);
  const payload = JSON.stringify({ position, chainHash, recordedAt });
  const key = signingKeyOf(keyring);
  const signature = await new CompactSign(Buffer.from(payload))
    .setProtectedHeader({ alg: ALGORITHM, typ: 'audit-head+jwt' })
    .sign(key);
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
  return { position, chainHash, recordedAt, signature, publicKey: { kty: 'OKP', crv: 'Ed25519', x } };
}

/**
 * Reads a head that was exported earlier.
 * @param signature its compact JWS
 * @throws `request.invalid` where this installation's key did not sign it
 */
export async function openSignedHead(keyring: Keyring, signature: string): Promise<ChainHead> {
  try {
    const publicKey = createPublicKey(signingKeyOf(keyring));
    const { payload } = await compactVerify(signature, publicKey, { algorithms: [ALGORITHM] });
    const { recordedAt, ...head } = signedPart.parse(JSON.parse(Buffer.from(payload).toString('utf8')));
    return { ...head, recordedAt: new Date(recordedAt) };
  } catch (error) {
    throw new DomainError('request.invalid', 'The head was not signed with this installation’s key.', {
      cause: error,
      fields: [{ pointer: '/query/head', detail: 'must be the `signature` of an exported head' }],
    });
  }
}
