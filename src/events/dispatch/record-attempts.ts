import { orNull, toInteger, toText, toTime, toUuid } from '../../database/decode';
import type { Row } from '../../database/engines/engine';
import { commaSeparated, currentTime, fromNow, sql, type Statement } from '../../database/sql';
import type { Transaction } from '../../database/transaction';
import { Uuid } from '../../database/uuid';
import type { MadeAttempt, Next, PlannedDelivery, Sender } from '../channel';
import type { DeliveryAttempt } from '../delivery-attempt.entity';

/** An attempt that was made and has to be recorded. */
export interface FinishedAttempt<Receiver> extends MadeAttempt<Receiver> {
  tookMs: number;
}

/** What recording has shown. */
export interface Recorded {
  /** Seconds from the commit of the event to the first success of the delivery; null where this is not it. */
  firstSuccessAfterSeconds: number | null;
}

export interface RecordedTogether<Receiver> {
  records: ReadonlyMap<FinishedAttempt<Receiver>, Recorded>;
  /** Of the events that the attempts have led to. */
  deliveries: readonly PlannedDelivery[];
}

/**
 * Records attempts, what follows from each and what they say about their receivers, in the given transaction and in two
 * round trips whatever their number (I3). A delivery that was cancelled meanwhile, or whose lease ran out so that
 * another attempt began, keeps its state; the attempt is recorded all the same.
 */
export async function recordTogether<Receiver>(
  tx: Transaction,
  sender: Sender<Receiver>,
  attempts: readonly FinishedAttempt<Receiver>[],
): Promise<RecordedTogether<Receiver>> {
  if (attempts.length === 0) return { records: new Map(), deliveries: [] };
  const ids = commaSeparated(attempts.map(({ delivery }) => new Uuid(delivery.id)));
  const [rows] = await tx.read(
    sql`SELECT id, state, attempts, schedule_base, created_at, delivered_at, ${currentTime} AS now FROM deliveries
      WHERE id IN (${ids}) ORDER BY id FOR UPDATE`,
  );
  const rowOf = new Map(rows.map((row) => [toUuid(row.id), row]));
  const stored = attempts.flatMap((attempt) => {
    const row = rowOf.get(attempt.delivery.id);
    return row ? [{ attempt, row }] : [];
  });
  const current = stored.filter(({ attempt, row }) => isCurrent(attempt, row));
  tx.write(settle(current.map(({ attempt }) => attempt)));
  if (stored.length > 0) tx.write(insertAttempts(stored));
  const deliveries = (await sender.record?.(tx, attempts)) ?? [];

  const after = new Map(current.map(({ attempt, row }) => [attempt, firstSuccessAfterSeconds(attempt, row)]));
  const records = attempts.map(
    (attempt) => [attempt, { firstSuccessAfterSeconds: after.get(attempt) ?? null }] as const,
  );
  return { records: new Map(records), deliveries };
}

/** Somebody may have cancelled it meanwhile, or have it sent anew. */
const isCurrent = <R>({ delivery }: FinishedAttempt<R>, row: Row): boolean =>
  toText(row.state) === 'pending' &&
  toInteger(row.attempts) === delivery.attempt &&
  toInteger(row.schedule_base) < delivery.attempt;

function firstSuccessAfterSeconds<R>({ next }: FinishedAttempt<R>, row: Row): number | null {
  if (next.state !== 'delivered' || orNull(toTime, row.delivered_at) !== null) return null;
  return (toTime(row.now).getTime() - toTime(row.created_at).getTime()) / 1000;
}

/** One statement for all that end alike, one for each that is tried again. The rows are locked. */
function settle<R>(attempts: readonly FinishedAttempt<R>[]): Statement[] {
  const ended = new Map<Next['state'], Uuid[]>();
  const statements: Statement[] = [];
  for (const { delivery, next } of attempts) {
    const id = new Uuid(delivery.id);
    if (next.state === 'pending') {
      statements.push(sql`UPDATE deliveries SET next_attempt_at = ${fromNow(next.delayMs)}, lease_until = NULL,
        enqueued_at = NULL WHERE id = ${id}`);
    } else if (next.state === 'held') {
      statements.push(
        sql`UPDATE deliveries SET state = 'held', lease_until = NULL, enqueued_at = NULL WHERE id = ${id}`,
      );
    } else {
      ended.set(next.state, [...(ended.get(next.state) ?? []), id]);
    }
  }
  for (const [state, ids] of ended) {
    const firstSuccess =
      state === 'delivered' ? sql`, delivered_at = COALESCE(delivered_at, ${currentTime})` : sql``;
    statements.push(sql`UPDATE deliveries SET state = ${state}, finished_at = ${currentTime}, recipient = NULL,
      lease_until = NULL, enqueued_at = NULL${firstSuccess} WHERE id IN (${commaSeparated(ids)})`);
  }
  return statements;
}

const outcomeWords: Record<Next['state'], DeliveryAttempt['outcome']> = {
  delivered: 'succeeded',
  pending: 'retry',
  dead: 'gave_up',
  cancelled: 'cancelled',
  skipped: 'skipped',
  held: 'skipped',
};

function insertAttempts<R>(stored: readonly { attempt: FinishedAttempt<R>; row: Row }[]): Statement {
  const values = stored.map(({ attempt: { delivery, outcome, next, startedAt, tookMs }, row }) => {
    // Of a delivery that was cancelled meanwhile no words are kept: an erasure may have blanked the others.
    const words = toText(row.state) === 'cancelled' ? { error: null, response: null } : outcome;
    const headers = outcome.requestHeaders && JSON.stringify(outcome.requestHeaders);
    return sql`(${new Uuid(delivery.id)}, ${delivery.attempt}, ${startedAt}, ${tookMs}, ${outcomeWords[next.state]},
      ${outcome.statusCode}, ${outcome.errorKind}, ${headers}, ${storable(words.error, 500)},
      ${storable(words.response, 1_000)})`;
  });
  return sql`INSERT INTO delivery_attempts (delivery_id, number, started_at, took_ms, outcome, status_code, error_kind,
    request_headers, error, response) VALUES ${commaSeparated(values)}`;
}

/** A receiver may answer anything: PostgreSQL stores no NUL, and the column has an end. */
const storable = (text: string | null, length: number): string | null =>
  text?.replaceAll('\u0000', '').slice(0, length) ?? null;
