import { LRUCache } from 'lru-cache';
import type { SigningKeys } from '../../signing-keys/signing-keys';
import type { SignToken } from '../push-security-event';

/** One takes some 3 KB: five of the largest answers. */
const REMEMBERED = 1_000;

/** A receiver that does not acknowledge for longer costs a signature. */
const REMEMBERED_MS = 600_000;

/**
 * Signs what was signed a moment ago no second time: a receiver that polls without acknowledging gets the same again and
 * again, and a signature costs more than all the rest. What is told differently, without a reason for example, is another,
 * and so is what another key has signed: that one may be withdrawn.
 */
export function rememberSigned({ sign, currentKid }: Pick<SigningKeys, 'sign' | 'currentKid'>): SignToken {
  const signed = new LRUCache<string, Promise<string>>({ max: REMEMBERED, ttl: REMEMBERED_MS });
  return async (claims, header) => {
    const key = JSON.stringify([await currentKid(), claims, header]);
    const known = signed.get(key);
    if (known) return known;
    const token = sign(claims, header);
    signed.set(key, token);
    token.catch(() => signed.delete(key));
    return token;
  };
}
