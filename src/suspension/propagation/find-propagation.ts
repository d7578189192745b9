import { SETTLED_MS } from '../../access/feed/revocation-window';
import { findGuardsAt } from '../../access/guards/guard-queries';
import type { Database } from '../../database/database';
import { toInteger, toText, toTime, toUuid } from '../../database/decode';
import { commaSeparated, currentTime, sql } from '../../database/sql';
import { Uuid } from '../../database/uuid';
import { deliveryColumns, type DeliveryView, toDeliveryView } from '../../events/delivery-queries';
import { suspensionNotFound } from '../suspension.errors';
import { findSuspension, type SuspensionView } from '../suspension-views';
import { isLate, type JudgedDelivery, judgePropagation, type Judgement } from './judge-propagation';

export interface Propagation extends Judgement {
  suspension: SuspensionView;
  /** Of the block in the revocation feed; null where retention has removed it. */
  position: number | null;
  deliveries: JudgedDelivery[];
  /** Whether there may be deliveries besides these. */
  hasMoreDeliveries: boolean;
}

/** No guard is forgotten sooner (`RETENTION_GUARDS`). */
const GUARDS_KEPT_MS = 86_400_000;

/** What a block may have told is bounded by its endpoints and streams; what its repeats have told is not. */
const MAX_DELIVERIES = 1_000;

/** Events of the user that are looked through, from the block on: each of its own has told somebody, for the most part. */
const MAX_EVENTS = 1_000;

/** @throws `suspension.not_found` */
export async function findPropagation(database: Database, suspensionId: string): Promise<Propagation> {
  const suspension = await findSuspension(database, suspensionId);
  if (!suspension) throw suspensionNotFound();
  const { blockedAt: revokedAt } = suspension;
  const { position, now } = await findPosition(database, suspension);
  const told = await findDeliveries(database, suspension);
  const deliveries = told.found.map((delivery) => ({ ...delivery, isLate: isLate(delivery, now) }));
  const seenBy = new Date(revokedAt.getTime() + SETTLED_MS);
  const guards = position === null ? [] : await findGuardsAt(database, position, revokedAt, seenBy);
  const evidence = [
    ...guards.flatMap(({ toldAt, acknowledgedAt }) => [toldAt, acknowledgedAt]),
    ...deliveries.map(({ deliveredAt }) => deliveredAt),
  ]
    .filter((time) => time !== null)
    .filter((time) => time >= revokedAt);
  const isOld = position === null || revokedAt.getTime() < now.getTime() - GUARDS_KEPT_MS;
  const judgement = judgePropagation({ revokedAt, now, evidence, guards, isOld });
  return { suspension, position, deliveries, hasMoreDeliveries: told.more, ...judgement };
}

/** Where the feed tells of the block, and the time of that read. */
async function findPosition(
  database: Database,
  { userId, blockedAt }: SuspensionView,
): Promise<{ position: number | null; now: Date }> {
  const { rows } = await database.query(sql`SELECT u.uid, ${currentTime} AS now, (SELECT MIN(r.position)
    FROM access_revocations r WHERE r.uid = u.uid AND r.revoked_at = ${blockedAt} AND r.cause = 'block') AS position FROM users u
    WHERE u.id = ${userId}`);
  const [row] = rows;
  if (!row) throw suspensionNotFound();
  return { position: row.position === null ? null : toInteger(row.position), now: toTime(row.now) };
}

/** The first of them. They are bounded in the order of what happened: a block that is repeated each minute tells each time. */
async function findDeliveries(
  database: Database,
  { id, userId, blockedAt, endedAt }: SuspensionView,
): Promise<{ found: DeliveryView[]; more: boolean }> {
  const types = commaSeparated(['user.blocked', 'sessions.revoked']);
  const events =
    await database.query(sql`SELECT id, payload, occurred_at FROM events WHERE user_id = ${userId}
    AND type IN (${types}) AND occurred_at >= ${blockedAt} AND occurred_at <= ${endedAt ?? currentTime}
    ORDER BY sequence LIMIT ${MAX_EVENTS + 1}`);
  const own = events.rows.filter(
    (row) =>
      toTime(row.occurred_at).getTime() === blockedAt.getTime() || suspensionOf(toText(row.payload)) === id,
  );
  const more = events.rows.length > MAX_EVENTS;
  if (own.length === 0) return { found: [], more };
  const ids = commaSeparated(own.map((row) => new Uuid(toUuid(row.id))));
  const { rows } = await database.query(sql`SELECT ${deliveryColumns} FROM deliveries d JOIN events e
    ON e.id = d.event_id WHERE d.event_id IN (${ids}) ORDER BY d.created_at, d.id LIMIT ${MAX_DELIVERIES + 1}`);
  return {
    found: rows.slice(0, MAX_DELIVERIES).map(toDeliveryView),
    more: more || rows.length > MAX_DELIVERIES,
  };
}

function suspensionOf(payload: string): unknown {
  const { data } = JSON.parse(payload) as { data?: { suspensionId?: unknown } };
  return data?.suspensionId;
}
