import type { Logger } from 'pino';
import { appendAudit, systemActor } from '../audit/audit';
import type { Database } from '../database/database';
import { toInteger, toText, toUuid } from '../database/decode';
import { eachInTurn, type Polling, startPolling } from '../database/polling';
import { announcing, currentTime, sql, type Statement } from '../database/sql';
import { Uuid } from '../database/uuid';
import type { PlannedDelivery } from '../events/channel';
import type { Outbox } from '../events/outbox';
import { isReceiver } from './is-receiver';
import { type Bounds, type Change, changeOf, limitOf, type StreamState, toState } from './judge-stream';
import { tellStream } from './tell-stream';

export interface StreamCareOptions extends Bounds {
  database: Database;
  outbox: Outbox;
  log: Logger;
  /** The clients that may have a stream; `*` is all. */
  receivers: readonly string[];
}

const INTERVAL_MS = 60_000;
const actor = systemActor('stream-care');

/**
 * Pauses the streams whose receivers stay away, so that nobody is asked for ever, and disables those that are owed
 * too much since, so that the backlog has an end. The stream of a client that is named as
 * a receiver no more is paused at once, and keeps what it is owed: who is named by mistake no more loses nothing. They are
 * told, as the last that they get (SSF 1.0, section 8.1.5); a
 * receiver that comes back enables its stream. Several workers may do it at once.
 */
export const startStreamCare = (options: StreamCareOptions): Polling =>
  startPolling({
    intervalMs: INTERVAL_MS,
    async round() {
      await careRound(options);
      return INTERVAL_MS;
    },
    log: options.log,
    onFailure: 'the security event streams could not be looked after',
  });

/** @throws what failed first, once all were looked at */
export async function careRound(options: StreamCareOptions): Promise<void> {
  const { database, outbox, log } = options;
  const { rows } = await database.query(
    sql`SELECT id FROM security_event_streams WHERE status <> 'disabled' ORDER BY id`,
  );
  await eachInTurn(rows, async (row) => {
    const streamId = toUuid(row.id);
    const changed = await careFor(options, streamId);
    if (!changed) return;
    outbox.handOver(changed.deliveries);
    log.warn({ streamId, ...changed.change }, 'a security event stream was stopped');
  });
}

/** The stream's row is held meanwhile: who enables it at the same moment comes before or after. */
const careFor = (
  { database, outbox, receivers, ...bounds }: StreamCareOptions,
  id: string,
): Promise<{ change: Change; deliveries: readonly PlannedDelivery[] } | null> =>
  database.transaction(async (tx) => {
    const [[row]] = await tx.read(lockStream(id));
    if (!row) return null;
    const state = toState(row, isReceiver(receivers, toText(row.client_id)));
    const limit = limitOf(state, bounds);
    const [[counted]] = await tx.read(countOwed(id, limit));
    if (toInteger(counted?.amount) < limit) return null;

    const change = changeOf(state, bounds);
    tx.write(writeChange(id, state, change));
    // Pushed while it is paused or disabled already: it is the last word.
    const stream = { id, method: state.method, status: 'enabled' as const };
    return { change, deliveries: tellStream(tx, outbox, stream, 'stream.updated', change, state.now) };
  });

const lockStream = (id: string): Statement =>
  sql`SELECT client_id, method, status, status_reason, failing_since, polled_at, status_changed_at, created_at,
    ${currentTime} AS now FROM security_event_streams WHERE id = ${new Uuid(id)} AND status <> 'disabled' FOR UPDATE`;

/** Along the index that begins with target and state, and no further than the limit. */
const countOwed = (target: string, limit: number): Statement =>
  sql`SELECT COUNT(*) AS amount FROM (SELECT 1 FROM deliveries
    WHERE target = ${target} AND state IN ('pending', 'held') LIMIT ${limit}) counted`;

const writeChange = (id: string, { status, statusReason, now }: StreamState, change: Change): Statement[] => [
  announcing(
    'security-events',
    sql`UPDATE security_event_streams SET status = ${change.status}, status_reason = ${change.reason},
      status_changed_at = ${now}, updated_at = ${now} WHERE id = ${new Uuid(id)}`,
  ),
  ...appendAudit([
    {
      actor,
      action: 'security_event_stream.set_status',
      target: `security_event_stream:${id}`,
      changedFields: ['status', 'statusReason'],
      before: { status, statusReason },
      after: { status: change.status, statusReason: change.reason },
      occurredAt: now,
    },
  ]),
];
