import type { components } from '../http/contract.generated';
import type { StoredKey } from './stored-key';

export type ShownKey = components['schemas']['SigningKey'];

/** A key as operators see it at that time: never its private part, and its public part stands in `/jwks.json`. */
export const showSigningKey = (
  { kid, publicKey, createdAt, signsFrom, signsUntil, publishedUntil }: StoredKey,
  at: Date,
): ShownKey => ({
  kid,
  algorithm: publicKey.alg,
  state: stateOf({ signsFrom, signsUntil }, at),
  createdAt: createdAt.toISOString(),
  signsFrom: signsFrom.toISOString(),
  signsUntil: signsUntil?.toISOString() ?? null,
  publishedUntil: publishedUntil?.toISOString() ?? null,
});

function stateOf({ signsFrom, signsUntil }: Pick<StoredKey, 'signsFrom' | 'signsUntil'>, at: Date) {
  if (signsFrom > at) return 'next';
  return signsUntil === null || signsUntil > at ? 'signing' : 'retired';
}
