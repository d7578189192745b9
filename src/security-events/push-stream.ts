import { orNull, toInteger, toText, toTime, toUuid } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { commaSeparated, sql, type Statement } from '../database/sql';
import { Uuid } from '../database/uuid';

/** A stream as it is sent to. */
export interface PushStream {
  id: string;
  clientId: string;
  method: 'push' | 'poll';
  /** Null where it polls. */
  endpointUrl: string | null;
  /** Encrypted. */
  authorizationHeader: string | null;
  status: 'enabled' | 'paused' | 'disabled';
  /** Since when not one token was taken; null where the last one was. */
  failingSince: Date | null;
  /** Nothing is sent before. */
  slowedUntil: Date | null;
  version: number;
}

export const selectPushStreams = (ids: readonly string[]): Statement =>
  sql`SELECT id, client_id, method, endpoint_url, authorization_header, status, failing_since, slowed_until, version
    FROM security_event_streams WHERE id IN (${commaSeparated(ids.map((id) => new Uuid(id)))})`;

export const toPushStream = (row: Row): PushStream => ({
  id: toUuid(row.id),
  clientId: toText(row.client_id),
  method: toText(row.method) as PushStream['method'],
  endpointUrl: orNull(toText, row.endpoint_url),
  authorizationHeader: orNull(toText, row.authorization_header),
  status: toText(row.status) as PushStream['status'],
  failingSince: orNull(toTime, row.failing_since),
  slowedUntil: orNull(toTime, row.slowed_until),
  version: toInteger(row.version),
});
