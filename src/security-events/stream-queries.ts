import type { Database } from '../database/database';
import { toTime } from '../database/decode';
import { announcing, currentTime, databaseNow, fromNow, sql, type Statement } from '../database/sql';
import type { Transaction } from '../database/transaction';
import { isUuid, Uuid } from '../database/uuid';
import { streamNotFound } from './security-events.errors';
import { SecurityEventStream } from './security-event-stream.entity';

/** A stream, as somebody names it who says that it is hers. */
export interface NamedStream {
  streamId: string;
  /** The client that asks: streams of others are not there for it. */
  clientId: string;
}

/** A write for each read would be too much, and `inactivity_timeout` is days. */
const ACTIVITY_COUNTS_AFTER_MS = 3_600_000;

/** The stream of a client, if it has one: it has one at most. */
export const findStreamOf = (database: Database, clientId: string): Promise<SecurityEventStream | null> =>
  database.find((entities) => entities.findOneBy(SecurityEventStream, { clientId }));

/**
 * A stream that its receiver reads, which counts as a sign of life (SSF 1.0, section 8.1.1, `inactivity_timeout`).
 * @throws `stream.not_found`
 */
export async function readOwnStream(
  database: Database,
  { streamId, clientId }: NamedStream,
): Promise<SecurityEventStream> {
  const stream = await findStreamOf(database, clientId);
  if (stream?.id !== streamId.toLowerCase()) throw streamNotFound();
  await noteActivity(database, stream);
  return stream;
}

/** Notes that the receiver is there. */
export async function noteActivity(database: Database, { id }: SecurityEventStream): Promise<void> {
  await database.query(
    sql`UPDATE security_event_streams SET polled_at = ${currentTime} WHERE id = ${new Uuid(id)}
      AND (polled_at IS NULL OR polled_at < ${fromNow(-ACTIVITY_COUNTS_AFTER_MS)})`,
  );
}

/**
 * Locks a stream for a change that its receiver asks for, and reads it as it is then.
 * @returns the stream, and the time after the lock was had
 * @throws `stream.not_found`
 */
export async function lockOwnStream(
  tx: Transaction,
  { streamId, clientId }: NamedStream,
): Promise<{ stream: SecurityEventStream; now: Date }> {
  if (!isUuid(streamId)) throw streamNotFound();
  const id = streamId.toLowerCase();
  const [, [time]] = await tx.read(
    sql`SELECT id FROM security_event_streams WHERE id = ${new Uuid(id)} FOR UPDATE`,
    databaseNow,
  );
  const stream = await (await tx.entities()).findOneBy(SecurityEventStream, { id, clientId });
  if (!stream) throw streamNotFound();
  return { stream, now: toTime(time?.now) };
}

/** Writes a stream that is locked; whoever waits for what it is owed looks again. */
export const saveStream = (stream: SecurityEventStream): Statement =>
  announcing(
    'security-events',
    sql`UPDATE security_event_streams SET method = ${stream.method}, endpoint_url = ${stream.endpointUrl},
      authorization_header = ${stream.authorizationHeader}, events_requested = ${stream.eventsRequested},
      description = ${stream.description}, status = ${stream.status}, status_reason = ${stream.statusReason},
      status_changed_at = ${stream.statusChangedAt}, failing_since = ${stream.failingSince},
      slowed_until = ${stream.slowedUntil}, verified_at = ${stream.verifiedAt}, polled_at = ${stream.polledAt},
      version = ${stream.version}, updated_at = ${stream.updatedAt} WHERE id = ${new Uuid(stream.id)}`,
  );
