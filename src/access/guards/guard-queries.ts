import type { Database } from '../../database/database';
import { orNull, toInteger, toText, toTime } from '../../database/decode';
import { commaSeparated, currentTime, fromNow, orChange, sql, type Statement } from '../../database/sql';

/** Which guard: an instance of a client. */
export interface GuardKey {
  clientId: string;
  instanceId: string;
}

/** What a poll has told of a guard; times are milliseconds ago. */
export interface SeenGuard extends GuardKey {
  leaseMs: number;
  position: number;
  polledMsAgo: number;
  trustedForMs: number;
}

/** A step of a guard; times are milliseconds ago, null where it is not known. */
export interface GuardStep extends GuardKey {
  position: number;
  toldMsAgo: number | null;
  acknowledgedMsAgo: number | null;
}

/** A guard, and when it was told of a position and had applied it. */
export interface GuardAtPosition extends GuardKey {
  leaseMs: number;
  trustedUntil: Date;
  toldAt: Date | null;
  acknowledgedAt: Date | null;
}

const keysOf = (guards: readonly GuardKey[]): Statement =>
  commaSeparated(guards.map(({ clientId, instanceId }) => sql`(${clientId}, ${instanceId})`));

const ago = (ms: number | null): Statement => (ms === null ? sql`NULL` : sql`${fromNow(-ms)}`);

export const selectKnownGuards = (guards: readonly GuardKey[]): Statement =>
  sql`SELECT client_id, instance_id FROM guard_instances WHERE (client_id, instance_id) IN (${keysOf(guards)})`;

export const countGuards = (clientIds: readonly string[]): Statement =>
  sql`SELECT client_id, COUNT(*) AS amount FROM guard_instances WHERE client_id IN (${commaSeparated(clientIds)})
    GROUP BY client_id`;

/** Times only grow: two processes may write of one guard in any order. */
export function writeGuards(guards: readonly SeenGuard[]): Statement {
  const rows = guards.map(
    ({
      clientId,
      instanceId,
      leaseMs,
      position,
      polledMsAgo,
      trustedForMs,
    }) => sql`(${clientId}, ${instanceId},
      ${leaseMs}, ${position}, ${ago(polledMsAgo)}, ${ago(polledMsAgo)}, ${fromNow(trustedForMs)})`,
  );
  return sql`INSERT INTO guard_instances (client_id, instance_id, lease_ms, position, first_seen_at, last_poll_at,
    trusted_until) VALUES ${commaSeparated(rows)} ${orChange(
      'guard_instances',
      ['client_id', 'instance_id'],
      {
        lease_ms: 'replace',
        position: 'replace',
        last_poll_at: 'greatest',
        trusted_until: 'greatest',
      },
    )}`;
}

/** What is known already stays: the first time counts. */
export function writeSteps(steps: readonly GuardStep[]): Statement {
  const rows = steps.map(
    ({ clientId, instanceId, position, toldMsAgo, acknowledgedMsAgo }) =>
      sql`(${clientId}, ${instanceId}, ${position}, ${ago(toldMsAgo)}, ${ago(acknowledgedMsAgo)}, ${currentTime})`,
  );
  return sql`INSERT INTO guard_progress (client_id, instance_id, position, told_at, acknowledged_at, recorded_at)
    VALUES ${commaSeparated(rows)} ${orChange('guard_progress', ['client_id', 'instance_id', 'position'], {
      told_at: 'keep',
      acknowledged_at: 'keep',
    })}`;
}

/**
 * The guards that may have let tokens pass at a moment, and how each stood to a position.
 * @param seenBy who was first seen later has begun with it
 */
export async function findGuardsAt(
  database: Database,
  position: number,
  at: Date,
  seenBy: Date,
): Promise<GuardAtPosition[]> {
  const first = (
    column: Statement,
  ) => sql`(SELECT ${column} FROM guard_progress p WHERE p.client_id = g.client_id
    AND p.instance_id = g.instance_id AND p.position >= ${position} AND ${column} >= ${at}
    ORDER BY p.position LIMIT 1)`;
  const { rows } = await database.query(sql`SELECT g.client_id, g.instance_id, g.lease_ms, g.trusted_until,
    ${first(sql`p.told_at`)} AS told_at, ${first(sql`p.acknowledged_at`)} AS acknowledged_at FROM guard_instances g
    WHERE g.trusted_until >= ${at} AND g.first_seen_at <= ${seenBy} ORDER BY g.client_id, g.instance_id`);
  return rows.map((row) => ({
    clientId: toText(row.client_id),
    instanceId: toText(row.instance_id),
    leaseMs: toInteger(row.lease_ms),
    trustedUntil: toTime(row.trusted_until),
    toldAt: orNull(toTime, row.told_at),
    acknowledgedAt: orNull(toTime, row.acknowledged_at),
  }));
}
