import type { Database } from '../../database/database';
import { orNull, toInteger, toTime, toUuid } from '../../database/decode';
import type { Row } from '../../database/engines/engine';
import { commaSeparated, currentTime, sql, type Statement } from '../../database/sql';
import { isUuid, Uuid } from '../../database/uuid';
import { selectOldestPublished, withdrawnKeysSignedUntil } from '../../signing-keys/withdrawn-keys';

/** Why a receiver will not take a token (RFC 8936, section 2.6). */
export interface SetError {
  err: string;
  description?: string;
}

/** What a receiver says of the tokens that it was given, by `jti`. */
export interface Acknowledgements {
  taken: readonly string[];
  refused: Readonly<Record<string, SetError>>;
}

/**
 * Ends what a receiver has taken or refused. What it is not owed, or has answered before, is passed by: to say the same
 * twice is harmless (RFC 8936, section 2.4). What was signed by a key that has been withdrawn since is no fault of the
 * event's, whatever the receiver calls it: that is given again, signed anew, and refused a second time it has ended.
 * @returns how many were answered by it
 */
export async function acknowledge(
  database: Database,
  streamId: string,
  { taken, refused }: Acknowledgements,
): Promise<number> {
  // RFC 9562, section 4: capitals are read.
  const errors = new Map(Object.entries(refused).map(([id, error]) => [id.toLowerCase(), error]));
  const named = [...new Set([...taken.map((id) => id.toLowerCase()), ...errors.keys()])].filter(isUuid);
  if (named.length === 0) return 0;
  return database.transaction(async (tx) => {
    const [rows, [oldestPublished]] = await tx.read(lockHeld(streamId, named), selectOldestPublished);
    const signedUntil = withdrawnKeysSignedUntil(oldestPublished);
    const owed = rows.map(toHeld);
    const wrong = owed.flatMap((delivery): Refusal[] => {
      const error = errors.get(delivery.id);
      if (!error) return [];
      return [{ ...delivery, error, isFinal: signedUntil === null || delivery.givenSince >= signedUntil }];
    });
    const right = owed.filter(({ id }) => !errors.has(id));
    const final = wrong.filter(({ isFinal }) => isFinal);
    if (right.length > 0) tx.write(markDelivered(right.map(({ id }) => id)));
    if (wrong.length > 0) tx.write([countAttempt(wrong.map(({ id }) => id)), insertRefusals(wrong)]);
    if (final.length > 0) tx.write(markDead(final.map(({ id }) => id)));
    return owed.length;
  });
}

interface Held {
  id: string;
  attempts: number;
  /** What was given before has been answered. */
  givenSince: Date;
}

interface Refusal extends Held {
  error: SetError;
  isFinal: boolean;
}

/** In the order of ids, as everybody who locks several. */
const lockHeld = (streamId: string, ids: readonly string[]): Statement =>
  sql`SELECT d.id, d.attempts, d.created_at, (SELECT a.started_at FROM delivery_attempts a
      WHERE a.delivery_id = d.id AND a.number = d.attempts) AS answered_at
    FROM deliveries d WHERE d.id IN (${uuids(ids)}) AND d.target = ${streamId}
    AND d.channel = 'security_event' AND d.state = 'held' ORDER BY d.id FOR UPDATE`;

const toHeld = (row: Row): Held => ({
  id: toUuid(row.id),
  attempts: toInteger(row.attempts),
  givenSince: orNull(toTime, row.answered_at) ?? toTime(row.created_at),
});

const markDelivered = (ids: readonly string[]): Statement =>
  sql`UPDATE deliveries SET state = 'delivered', delivered_at = COALESCE(delivered_at, ${currentTime}),
    finished_at = ${currentTime} WHERE id IN (${uuids(ids)})`;

const markDead = (ids: readonly string[]): Statement =>
  sql`UPDATE deliveries SET state = 'dead', finished_at = ${currentTime} WHERE id IN (${uuids(ids)})`;

const countAttempt = (ids: readonly string[]): Statement =>
  sql`UPDATE deliveries SET attempts = attempts + 1 WHERE id IN (${uuids(ids)})`;

/** As the attempt that it was, with the receiver's words. */
function insertRefusals(refusals: readonly Refusal[]): Statement {
  const values = refusals.map(({ id, attempts, isFinal, error: { err, description } }) => {
    const words = `the receiver refused the token (${err})`.replaceAll('\u0000', '');
    return sql`(${new Uuid(id)}, ${attempts + 1}, ${currentTime}, 0, ${isFinal ? 'gave_up' : 'retry'}, 'answer', ${words.slice(0, 500)},
      ${description?.replaceAll('\u0000', '').slice(0, 1_000) ?? null})`;
  });
  return sql`INSERT INTO delivery_attempts (delivery_id, number, started_at, took_ms, outcome, error_kind, error,
    response) VALUES ${commaSeparated(values)}`;
}

const uuids = (ids: readonly string[]): Statement => commaSeparated(ids.map((id) => new Uuid(id)));
