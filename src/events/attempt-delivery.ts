import type { Logger } from 'pino';
import type { Database } from '../database/database';
import { orNull, toInteger, toText, toTime, toUuid } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { currentTime, fromNow, sql, type Statement } from '../database/sql';
import { Uuid } from '../database/uuid';
import type { DeliveryJob } from '../queues/queues';
import type { EventType } from './catalogue';
import type { AttemptOutcome, ClaimedDelivery, Next, Send } from './channel';
import { decideNext } from './decide-next';
import type { DeliveryAttempt } from './delivery-attempt.entity';

/** An attempt that was made and recorded. */
export interface AttemptRecord {
  delivery: ClaimedDelivery;
  outcome: AttemptOutcome;
  next: Next;
  tookMs: number;
}

export interface AttemptOptions {
  /** Longer than a send can take: while it lasts nobody else sends. */
  leaseMs: number;
  /** Seconds before each attempt. */
  schedule: readonly number[];
  log: Logger;
  onAttempt(record: AttemptRecord): void;
}

export type AttemptDelivery = (job: DeliveryJob) => Promise<void>;

/**
 * Makes one attempt at one delivery: claims it by a conditional update, sends, and records what came of it. Who
 * does not win the claim sends nothing. A worker that dies in between leaves a lease that runs out; the relay
 * then enqueues the next attempt, which carries the same event id (I4).
 */
export function createAttemptDelivery(
  database: Database,
  send: Send,
  options: AttemptOptions,
): AttemptDelivery {
  return async ({ deliveryId, attempt }) => {
    const { affected } = await database.query(claim(deliveryId, attempt, options.leaseMs));
    if (affected === 0) return;
    const { rows } = await database.query(selectClaimed(deliveryId));
    if (!rows[0]) return;
    const delivery = toClaimed(rows[0], attempt);
    const startedAt = toTime(rows[0].now);
    const scheduleBase = toInteger(rows[0].schedule_base);

    const started = performance.now();
    const outcome = await send(delivery).catch((error: unknown): AttemptOutcome => {
      // It counts like any other: a fault that comes each time would be tried for ever beside the schedule.
      options.log.error({ err: error, deliveryId, attempt }, 'a delivery could not be sent');
      return {
        kind: 'failed',
        statusCode: null,
        errorKind: 'internal',
        error: 'it could not be sent',
        response: null,
        requestHeaders: null,
      };
    });
    const tookMs = Math.round(performance.now() - started);

    const next = decideNext(outcome, attempt - scheduleBase, options.schedule, Math.random());
    await database.transaction((tx) => {
      tx.write(settle(deliveryId, attempt, next));
      tx.write(insertAttempt(deliveryId, attempt, startedAt, tookMs, outcome, next));
      return Promise.resolve();
    });
    options.onAttempt({ delivery, outcome, next, tookMs });
  };
}

const claim = (deliveryId: string, attempt: number, leaseMs: number): Statement =>
  sql`UPDATE deliveries SET attempts = ${attempt}, lease_until = ${fromNow(leaseMs)}
    WHERE id = ${new Uuid(deliveryId)} AND state = 'pending' AND attempts = ${attempt - 1}
    AND (lease_until IS NULL OR lease_until <= ${currentTime})`;

const selectClaimed = (deliveryId: string): Statement =>
  sql`SELECT d.id, d.target, d.recipient, d.schedule_base, e.id AS event_id, e.type, e.user_id, e.payload, e.occurred_at,
    ${currentTime} AS now FROM deliveries d JOIN events e ON e.id = d.event_id WHERE d.id = ${new Uuid(deliveryId)}`;

const toClaimed = (row: Row, attempt: number): ClaimedDelivery => ({
  id: toUuid(row.id),
  target: toText(row.target),
  attempt,
  event: {
    id: toUuid(row.event_id),
    type: toText(row.type) as EventType,
    userId: orNull(toInteger, row.user_id),
    payload: toText(row.payload),
    occurredAt: toTime(row.occurred_at),
  },
  recipient: orNull(toText, row.recipient),
});

/**
 * Changes nothing where the delivery was cancelled meanwhile, or the lease ran out and another attempt began or somebody
 * had it sent anew.
 */
function settle(deliveryId: string, attempt: number, next: Next): Statement {
  const schedule =
    next.state === 'pending'
      ? sql`next_attempt_at = ${fromNow(next.delayMs)}`
      : sql`state = ${next.state}, finished_at = ${currentTime}, recipient = NULL${firstSuccess(next)}`;
  return sql`UPDATE deliveries SET ${schedule}, lease_until = NULL, enqueued_at = NULL
    WHERE id = ${new Uuid(deliveryId)} AND state = 'pending' AND attempts = ${attempt}
    AND schedule_base < ${attempt}`;
}

const firstSuccess = ({ state }: Next): Statement =>
  state === 'delivered' ? sql`, delivered_at = COALESCE(delivered_at, ${currentTime})` : sql``;

const outcomeWords: Record<Next['state'], DeliveryAttempt['outcome']> = {
  delivered: 'succeeded',
  pending: 'retry',
  dead: 'gave_up',
  cancelled: 'cancelled',
  skipped: 'skipped',
};

/**
 * Of a delivery that was cancelled meanwhile no words are kept: an erasure may have blanked the others. It holds the
 * delivery's row while it does, and `settle` has waited for it.
 */
const insertAttempt = (
  deliveryId: string,
  attempt: number,
  startedAt: Date,
  tookMs: number,
  { statusCode, errorKind, error, response, requestHeaders }: AttemptOutcome,
  next: Next,
): Statement =>
  sql`INSERT INTO delivery_attempts (delivery_id, number, started_at, took_ms, outcome, status_code, error_kind, request_headers,
      error, response)
    SELECT id, ${attempt}, ${startedAt}, ${tookMs}, ${outcomeWords[next.state]}, ${statusCode}, ${errorKind},
      ${requestHeaders && JSON.stringify(requestHeaders)}, ${unlessCancelled(storable(error, 500), next)},
      ${unlessCancelled(storable(response, 1_000), next)}
    FROM deliveries WHERE id = ${new Uuid(deliveryId)}`;

/** Words that go where the delivery was cancelled by somebody else than this very attempt. */
const unlessCancelled = (text: string | null, next: Next): Statement =>
  next.state === 'cancelled' ? sql`${text}` : sql`CASE WHEN state = 'cancelled' THEN NULL ELSE ${text} END`;

/** A receiver may answer anything: PostgreSQL stores no NUL, and the column has an end. */
const storable = (text: string | null, length: number): string | null =>
  text?.replaceAll('\u0000', '').slice(0, length) ?? null;
