import { createHash, timingSafeEqual } from 'node:crypto';

export interface SignedParameters {
  appId: string;
  nonce: string;
  /** Seconds since 1970, as it was sent. */
  timestamp: string;
}

/**
 * The vendor's signature, version 2.0: lower-case hex. It is MD5 over a text that ends in what everybody may know, and
 * covers neither the action nor the body; the vendor's clients make no other, so a call is as safe as its TLS.
 */
export const signRequest = ({ appId, nonce, timestamp }: SignedParameters, serverSecret: string): string =>
  createHash('md5').update(`${appId}${nonce}${serverSecret}${timestamp}`).digest('hex');

/** Takes the same time wherever the two differ. */
export function isSignedBy(parameters: SignedParameters, serverSecret: string, signature: string): boolean {
  const expected = Buffer.from(signRequest(parameters, serverSecret));
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
