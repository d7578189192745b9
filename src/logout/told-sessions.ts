import type { Encryption } from '../database/encryption';
import type { ClaimedDelivery } from '../events/channel';
import { openRecipient } from '../events/delivery-recipient';

/** More are not told one by one: a token that names the user alone ends them all. */
const MOST_SESSIONS = 20;

/** What the column holds once it is encrypted. */
const MOST_CHARACTERS = 1_400;

/**
 * The sessions that a client is told of one by one, to be kept with the delivery: once it is sent, the rows may be gone
 * with the user.
 * @returns null where one token that names the user alone tells it all
 */
export function keptSessions(sids: readonly string[]): string | null {
  const kept = JSON.stringify(sids);
  const isBounded = sids.length <= MOST_SESSIONS && kept.length <= MOST_CHARACTERS;
  return sids.length > 0 && isBounded ? kept : null;
}

/** What was kept; null where nothing was, or where it was told before and is told anew. */
export function readSessions(
  encryption: Encryption,
  delivery: Pick<ClaimedDelivery, 'id' | 'recipient'>,
): string[] | null {
  const kept = openRecipient(encryption, delivery);
  return kept === null ? null : (JSON.parse(kept) as string[]);
}
