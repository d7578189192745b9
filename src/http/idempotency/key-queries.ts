import { orNull, toText, toTime, toUuid } from '../../database/decode';
import type { Row } from '../../database/engines/engine';
import { currentTime, fromNow, sql, type Statement } from '../../database/sql';
import { Uuid } from '../../database/uuid';
import type { RequestIdentity } from './request-identity';

/** How long an answer is kept. */
const LIFETIME_MS = 24 * 3_600_000;

/** A key that was claimed, as its committed row tells. */
export interface ClaimedKey {
  id: string;
  fingerprint: string;
  /** Encrypted; null where the user whom it was about has been erased. */
  answer: string | null;
  expired: boolean;
}

export const selectKey = ({ clientId, keyHash }: RequestIdentity): Statement =>
  sql`SELECT id, fingerprint, answer, expires_at, ${currentTime} AS now FROM idempotency_keys
    WHERE client_id = ${clientId} AND key_hash = ${keyHash}`;

export const toClaimedKey = (row: Row): ClaimedKey => ({
  id: toUuid(row.id),
  fingerprint: toText(row.fingerprint),
  answer: orNull(toText, row.answer),
  expired: toTime(row.expires_at) <= toTime(row.now),
});

/** @param userId whom the request is about, where that is known */
export const insertKey = (
  id: string,
  { clientId, keyHash, fingerprint }: RequestIdentity,
  userId: number | null,
  answer: string | null,
): Statement =>
  sql`INSERT INTO idempotency_keys
    (id, client_id, key_hash, fingerprint, user_id, answer, created_at, expires_at)
    VALUES (${new Uuid(id)}, ${clientId}, ${keyHash}, ${fingerprint}, ${userId}, ${answer}, ${currentTime},
      ${fromNow(LIFETIME_MS)})`;

export const updateAnswer = (id: string, userId: number | null, answer: string): Statement =>
  sql`UPDATE idempotency_keys SET answer = ${answer}, user_id = ${userId} WHERE id = ${new Uuid(id)}`;

export const deleteKey = (id: string): Statement =>
  sql`DELETE FROM idempotency_keys WHERE id = ${new Uuid(id)}`;

/** A key whose time is over, in the way of a new request; another process may have taken it away already. */
export const deleteExpiredKey = (id: string): Statement =>
  sql`DELETE FROM idempotency_keys WHERE id = ${new Uuid(id)} AND expires_at <= ${currentTime}`;

/** Blanks the answers about a user who is erased. Their keys stay: no repeat runs what has run. */
export const forgetAnswersAbout = (userId: number): Statement =>
  sql`UPDATE idempotency_keys SET answer = NULL, user_id = NULL WHERE user_id = ${userId}`;
