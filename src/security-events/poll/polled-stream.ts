import type { Database } from '../../database/database';
import { orNull, toText, toTime } from '../../database/decode';
import { currentTime, fromNow, sql } from '../../database/sql';
import { isUuid, Uuid } from '../../database/uuid';
import { streamNotFound } from '../security-events.errors';

/** A stream as its poll sees it. */
export interface PolledStream {
  id: string;
  status: 'enabled' | 'paused' | 'disabled';
  /** Whether it was written lately that somebody polls. */
  isKnownToPoll: boolean;
}

/** It is written no oftener than this, in milliseconds, since it is compared with days. */
const KEPT_EACH_MS = 60_000;

/** @throws `stream.not_found`, also where it is another client's or is pushed to */
export async function findPolledStream(
  database: Database,
  { streamId, clientId }: { streamId: string; clientId: string },
): Promise<PolledStream> {
  if (!isUuid(streamId)) throw streamNotFound();
  const { rows } = await database.query(sql`SELECT status, polled_at, ${fromNow(-KEPT_EACH_MS)} AS lately
    FROM security_event_streams WHERE id = ${new Uuid(streamId)} AND client_id = ${clientId} AND method = 'poll'`);
  const [row] = rows;
  if (!row) throw streamNotFound();
  const polledAt = orNull(toTime, row.polled_at);
  return {
    id: streamId,
    status: toText(row.status) as PolledStream['status'],
    isKnownToPoll: polledAt !== null && polledAt > toTime(row.lately),
  };
}

/** Keeps that its receiver is there. */
export async function keepPolled(database: Database, { id, isKnownToPoll }: PolledStream): Promise<void> {
  if (isKnownToPoll) return;
  await database.query(
    sql`UPDATE security_event_streams SET polled_at = ${currentTime} WHERE id = ${new Uuid(id)}`,
  );
}
