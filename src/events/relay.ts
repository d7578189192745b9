import type { Logger } from 'pino';
import type { Database } from '../database/database';
import { toInteger, toText, toUuid } from '../database/decode';
import { commaSeparated, currentTime, fromNow, sql, type Statement } from '../database/sql';
import { Uuid } from '../database/uuid';
import { type Polling, startPolling } from '../database/polling';
import type { DeliveryJob, JobQueues, QueueName } from '../queues/queues';
import type { ChannelName } from './channel';

const INTERVAL_MS = 1_000;
const BATCH = 500;

/** After it a job that was handed over counts as lost: the queue may have lost its data. */
export const ENQUEUED_GOES_STALE_MS = 30_000;

export interface RelayOptions {
  database: Database;
  queues: JobQueues;
  queueOf: Readonly<Record<ChannelName, QueueName>>;
  log: Logger;
  onRelayed: (count: number) => void;
}

/**
 * The row is the schedule: each second, enqueues every delivery that is due, under no live lease and not handed
 * over lately. Several may run at once.
 */
export const startRelay = (options: RelayOptions): Polling =>
  startPolling({
    intervalMs: INTERVAL_MS,
    round: async () => ((await relayDue(options)) === BATCH ? 0 : INTERVAL_MS),
    log: options.log,
    onFailure: 'deliveries that are due could not be enqueued',
  });

/** One batch; answers how many deliveries were claimed for the queue. */
export async function relayDue({ database, queues, queueOf, onRelayed }: RelayOptions): Promise<number> {
  const due = await database.transaction(async (tx) => {
    const [fresh] = await tx.read(selectDue(sql`enqueued_at IS NULL`, sql`next_attempt_at`));
    const [stale] = fresh.length < BATCH ? await tx.read(selectDue(enqueuedLongAgo, sql`enqueued_at`)) : [[]];
    const rows = [...fresh, ...stale].slice(0, BATCH);
    if (rows.length > 0) tx.write(markEnqueued(rows.map(({ id }) => toUuid(id))));
    return rows.map((row) => ({
      queue: queueOf[toText(row.channel) as ChannelName],
      job: { deliveryId: toUuid(row.id), attempt: toInteger(row.attempts) + 1, target: toText(row.target) },
    }));
  });
  const names = [...new Set(due.map((entry) => entry.queue))];
  const jobsOf = (name: QueueName) => due.filter(({ queue }) => queue === name).map(({ job }) => job);
  // Each queue for itself: what one does not take must not stay behind in the other.
  const results = await Promise.allSettled(
    names.map((name) => addOrForget(database, queues, name, jobsOf(name))),
  );
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  onRelayed(due.length);
  return due.length;
}

async function addOrForget(
  database: Database,
  queues: JobQueues,
  queue: QueueName,
  jobs: readonly DeliveryJob[],
): Promise<void> {
  try {
    await queues.add(queue, jobs);
  } catch (error) {
    await database.query(forgetEnqueued(jobs.map(({ deliveryId }) => deliveryId)));
    throw error;
  }
}

const enqueuedLongAgo = sql`enqueued_at < ${fromNow(-ENQUEUED_GOES_STALE_MS)}`;

/**
 * Served by the index on state, enqueued_at, next_attempt_at, in its order: the cost does not grow with what was
 * delivered, and MySQL locks no more rows than it answers (sorting would lock all that it sorts).
 */
const selectDue = (enqueued: Statement, order: Statement): Statement =>
  sql`SELECT id, channel, target, attempts FROM deliveries WHERE state = 'pending' AND ${enqueued}
    AND next_attempt_at <= ${currentTime} AND (lease_until IS NULL OR lease_until <= ${currentTime})
    ORDER BY ${order} LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`;

const markEnqueued = (ids: readonly string[]): Statement =>
  sql`UPDATE deliveries SET enqueued_at = ${currentTime} WHERE id IN (${uuids(ids)})`;

/** Makes deliveries that no queue took due for the relay again. */
export const forgetEnqueued = (ids: readonly string[]): Statement =>
  sql`UPDATE deliveries SET enqueued_at = NULL WHERE id IN (${uuids(ids)}) AND state = 'pending'`;

const uuids = (ids: readonly string[]): Statement => commaSeparated(ids.map((id) => new Uuid(id)));
