import type { Logger } from 'pino';
import { type Actor, appendAudit } from '../audit/audit';
import type { Database } from '../database/database';
import type { Keep } from '../database/keep';
import { announcing, sql } from '../database/sql';
import { Uuid } from '../database/uuid';
import { cancelWaiting } from '../events/cancel-waiting';
import { recordedSettings } from './stream-audit';
import { lockOwnStream, type NamedStream } from './stream-queries';

export type DeleteStream = (command: NamedStream & { actor: Actor }, keep?: Keep<void>) => Promise<void>;

/**
 * Removes a stream (SSF 1.0, section 8.1.1.5), and then cancels what it was owed, in bounded batches. What they do not
 * reach is cancelled by its next attempt, or where it was held by `stream-retention.ts`.
 * @throws `stream.not_found`
 */
export function createDeleteStream(database: Database, log: Logger): DeleteStream {
  return async ({ actor, ...named }, keep) => {
    let streamId = named.streamId;
    await database.transaction(async (tx) => {
      const { stream, now } = await lockOwnStream(tx, named);
      streamId = stream.id;
      const id = new Uuid(streamId);
      tx.write(sql`DELETE FROM security_event_exclusions WHERE stream_id = ${id}`);
      tx.write(announcing('security-events', sql`DELETE FROM security_event_streams WHERE id = ${id}`));
      tx.write(
        appendAudit([
          {
            actor,
            action: 'security_event_stream.delete',
            target: `security_event_stream:${streamId}`,
            changedFields: [],
            before: { clientId: stream.clientId, status: stream.status, ...recordedSettings(stream) },
            occurredAt: now,
          },
        ]),
      );
    }, keep);
    // The stream is gone, whatever becomes of this: the caller must not be told that nothing was changed.
    await cancelWaiting(database, 'security_event', streamId, ['pending', 'held']).catch((error: unknown) => {
      log.warn({ err: error, streamId }, 'not all that a deleted stream was owed could be cancelled yet');
    });
  };
}
