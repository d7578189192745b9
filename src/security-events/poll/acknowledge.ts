import type { Database } from '../../database/database';
import { toInteger, toUuid } from '../../database/decode';
import { commaSeparated, currentTime, sql, type Statement } from '../../database/sql';
import { isUuid, Uuid } from '../../database/uuid';

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
 * twice is harmless (RFC 8936, section 2.4).
 * @returns how many ended by it
 */
export async function acknowledge(
  database: Database,
  streamId: string,
  { taken, refused }: Acknowledgements,
): Promise<number> {
  const errors = new Map(Object.entries(refused));
  const named = [...new Set([...taken, ...errors.keys()])].filter(isUuid).map((id) => id.toLowerCase());
  if (named.length === 0) return 0;
  return database.transaction(async (tx) => {
    const [rows] = await tx.read(lockHeld(streamId, named));
    const owed = rows.map((row) => ({ id: toUuid(row.id), attempts: toInteger(row.attempts) }));
    const wrong = owed.flatMap((delivery) => {
      const error = errors.get(delivery.id);
      return error ? [{ ...delivery, error }] : [];
    });
    const right = owed.filter(({ id }) => !errors.has(id));
    if (right.length > 0) tx.write(markDelivered(right.map(({ id }) => id)));
    if (wrong.length > 0) tx.write([markDead(wrong.map(({ id }) => id)), insertRefusals(wrong)]);
    return owed.length;
  });
}

/** In the order of ids, as everybody who locks several. */
const lockHeld = (streamId: string, ids: readonly string[]): Statement =>
  sql`SELECT id, attempts FROM deliveries WHERE id IN (${uuids(ids)}) AND target = ${streamId}
    AND channel = 'security_event' AND state = 'held' ORDER BY id FOR UPDATE`;

const markDelivered = (ids: readonly string[]): Statement =>
  sql`UPDATE deliveries SET state = 'delivered', delivered_at = COALESCE(delivered_at, ${currentTime}),
    finished_at = ${currentTime} WHERE id IN (${uuids(ids)})`;

const markDead = (ids: readonly string[]): Statement =>
  sql`UPDATE deliveries SET state = 'dead', attempts = attempts + 1, finished_at = ${currentTime}
    WHERE id IN (${uuids(ids)})`;

/** As the attempt that it was, with the receiver's words. */
function insertRefusals(refusals: readonly { id: string; attempts: number; error: SetError }[]): Statement {
  const values = refusals.map(({ id, attempts, error: { err, description } }) => {
    const words = `the receiver refused the token (${err})`.replaceAll('\u0000', '');
    return sql`(${new Uuid(id)}, ${attempts + 1}, ${currentTime}, 0, 'gave_up', 'answer', ${words.slice(0, 500)},
      ${description?.replaceAll('\u0000', '').slice(0, 1_000) ?? null})`;
  });
  return sql`INSERT INTO delivery_attempts (delivery_id, number, started_at, took_ms, outcome, error_kind, error,
    response) VALUES ${commaSeparated(values)}`;
}

const uuids = (ids: readonly string[]): Statement => commaSeparated(ids.map((id) => new Uuid(id)));
