import type { Database } from '../database/database';
import { orNull, toInteger, toText, toTime } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { sql } from '../database/sql';
import { Uuid } from '../database/uuid';
import type { DeliveryAttempt } from './delivery-attempt.entity';

/** An attempt as it is shown. */
export type AttemptView = Omit<DeliveryAttempt, 'deliveryId' | 'requestHeaders'> & {
  requestHeaders: Record<string, string> | null;
};

/** The newest attempts at a delivery, up to `limit`, in the order in which they were made. */
export async function findAttempts(
  database: Database,
  deliveryId: string,
  limit: number,
): Promise<AttemptView[]> {
  const { rows } = await database.query(
    sql`SELECT number, started_at, took_ms, outcome, status_code, error_kind, error, request_headers, response
      FROM delivery_attempts WHERE delivery_id = ${new Uuid(deliveryId)} ORDER BY number DESC LIMIT ${limit}`,
  );
  return rows.map(toAttemptView).reverse();
}

const toAttemptView = (row: Row): AttemptView => ({
  number: toInteger(row.number),
  startedAt: toTime(row.started_at),
  tookMs: toInteger(row.took_ms),
  outcome: toText(row.outcome) as AttemptView['outcome'],
  statusCode: orNull(toInteger, row.status_code),
  errorKind: orNull(toText, row.error_kind) as AttemptView['errorKind'],
  error: orNull(toText, row.error),
  requestHeaders: orNull(toHeaders, row.request_headers),
  response: orNull(toText, row.response),
});

const toHeaders = (json: unknown): Record<string, string> =>
  JSON.parse(toText(json)) as Record<string, string>;
