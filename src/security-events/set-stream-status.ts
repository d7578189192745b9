import { type Actor, appendAudit } from '../audit/audit';
import type { Database } from '../database/database';
import type { Keep } from '../database/keep';
import type { SecurityEventStream, StreamStatus } from './security-event-stream.entity';
import { lockOwnStream, type NamedStream, saveStream } from './stream-queries';

export interface SetStreamStatusCommand extends NamedStream {
  status: StreamStatus;
  reason: string | null;
  actor: Actor;
}

export type SetStreamStatus = (
  command: SetStreamStatusCommand,
  keep?: Keep<SecurityEventStream>,
) => Promise<SecurityEventStream>;

/**
 * Enables, pauses or disables a stream, as its receiver asks (SSF 1.0, section 8.1.2.2). What it is owed is moved by the
 * worker (`settle-streams.ts`), however much that is; nothing is sent meanwhile, as an attempt looks at the status.
 * @throws `stream.not_found`
 */
export const createSetStreamStatus =
  (database: Database): SetStreamStatus =>
  ({ status, reason, actor, ...named }, keep) =>
    database.transaction(async (tx) => {
      const { stream, now } = await lockOwnStream(tx, named);
      if (stream.status === status && stream.statusReason === reason) return stream;
      const changed: SecurityEventStream = {
        ...stream,
        status,
        statusReason: reason,
        ...(stream.status === status ? {} : { statusChangedAt: now }),
        // Who goes on begins with a clean slate.
        ...(status === 'enabled' ? { failingSince: null, slowedUntil: null } : {}),
        polledAt: now,
        version: stream.version + 1,
        updatedAt: now,
      };
      tx.write(saveStream(changed));
      tx.write(
        appendAudit([
          {
            actor,
            action: 'security_event_stream.set_status',
            target: `security_event_stream:${stream.id}`,
            changedFields: ['status', 'statusReason'],
            before: { status: stream.status, statusReason: stream.statusReason },
            after: { status, statusReason: reason },
            occurredAt: now,
          },
        ]),
      );
      return changed;
    }, keep);
