import type { Database } from '../database/database';
import { orNull, toInteger, toText, toTime, toUuid } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { before } from '../database/keyset';
import { allOf, currentTime, sql, type Statement } from '../database/sql';
import { Uuid } from '../database/uuid';
import type { Companion } from '../users/find-users';
import type { EndCause } from './suspension.entity';
import type { SuspensionCategory, SuspensionSource } from './suspension-command';

/** A suspension as it is shown. One whose time has run out is over, whether or not the worker has closed it. */
export interface SuspensionView {
  id: string;
  userId: number;
  category: SuspensionCategory | null;
  reason: string | null;
  reasonForUser: string | null;
  source: SuspensionSource;
  actor: string;
  onBehalfOfUserId: number | null;
  blockedAt: Date;
  blockedUntil: Date | null;
  endedAt: Date | null;
  endedBy: string | null;
  endedOnBehalfOfUserId: number | null;
  endCause: EndCause | null;
}

export interface SuspensionFilter {
  userId?: number;
  open?: boolean;
  category?: SuspensionCategory;
  /** Blocked at this moment or later. */
  from?: Date;
  /** Blocked before this moment. */
  to?: Date;
}

/** Where a page of suspensions, newest first, goes on. */
export interface SuspensionPosition {
  createdAt: Date;
  key: string;
}

/** Over the alias `s`. */
const isOpen: Statement = sql`s.ended_at IS NULL AND (s.blocked_until IS NULL OR s.blocked_until > ${currentTime})`;

/** Names of their own, since they are read beside a user's columns. */
const columns = sql`s.id AS suspension_id, s.user_id AS suspended_user_id, s.category, s.reason, s.reason_for_user, s.source,
  s.actor, s.on_behalf_of_user_id, s.blocked_at, s.blocked_until, s.ended_at, s.ended_by, s.ended_on_behalf_of_user_id,
  s.end_cause`;

const select = sql`SELECT ${columns}, ${currentTime} AS now FROM suspensions s`;

export async function findSuspension(database: Database, id: string): Promise<SuspensionView | null> {
  const { rows } = await database.query(sql`${select} WHERE s.id = ${new Uuid(id)}`);
  return rows[0] ? toView(rows[0]) : null;
}

/** Up to `limit` suspensions, newest first, after `position`. */
export async function pageSuspensions(
  database: Database,
  filter: SuspensionFilter,
  limit: number,
  position: SuspensionPosition | null,
): Promise<SuspensionView[]> {
  const { rows } = await database.query(
    sql`${select} WHERE ${allOf(conditionsOf(filter, position))}
      ORDER BY s.blocked_at DESC, s.id DESC LIMIT ${limit}`,
  );
  return rows.map(toView);
}

function conditionsOf(filter: SuspensionFilter, position: SuspensionPosition | null): Statement[] {
  const { userId, open, category, from, to } = filter;
  return [
    ...(userId === undefined ? [] : [sql`s.user_id = ${userId}`]),
    ...(open === undefined ? [] : [open ? isOpen : sql`NOT (${isOpen})`]),
    ...(category === undefined ? [] : [sql`s.category = ${category}`]),
    ...(from === undefined ? [] : [sql`s.blocked_at >= ${from}`]),
    ...(to === undefined ? [] : [sql`s.blocked_at < ${to}`]),
    ...(position ? [beyond(position)] : []),
  ];
}

const beyond = ({ createdAt, key }: SuspensionPosition): Statement =>
  before([sql`s.blocked_at`, createdAt], [sql`s.id`, new Uuid(key)]);

function toView(row: Row): SuspensionView {
  const blockedUntil = orNull(toTime, row.blocked_until);
  const endedAt = orNull(toTime, row.ended_at);
  const ranOut = endedAt === null && blockedUntil !== null && blockedUntil <= toTime(row.now);
  return {
    id: toUuid(row.suspension_id),
    userId: toInteger(row.suspended_user_id),
    category: orNull(toText, row.category) as SuspensionCategory | null,
    reason: orNull(toText, row.reason),
    reasonForUser: orNull(toText, row.reason_for_user),
    source: toText(row.source) as SuspensionSource,
    actor: toText(row.actor),
    onBehalfOfUserId: orNull(toInteger, row.on_behalf_of_user_id),
    blockedAt: toTime(row.blocked_at),
    blockedUntil,
    endedAt: ranOut ? blockedUntil : endedAt,
    endedBy: orNull(toText, row.ended_by),
    endedOnBehalfOfUserId: orNull(toInteger, row.ended_on_behalf_of_user_id),
    endCause: ranOut ? 'expired' : (orNull(toText, row.end_cause) as EndCause | null),
  };
}

/** The open suspension, as it is read beside a user. */
export const openSuspensionCompanion: Companion<SuspensionView> = {
  columns,
  join: sql`LEFT JOIN suspensions s ON s.open_user_id = u.id AND ${isOpen}`,
  read: (row) => (row.suspension_id === null ? null : toView(row)),
};
