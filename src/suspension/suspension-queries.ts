import { sessionIsAlive } from '../access/session-queries';
import { orNull, toBoolean, toInteger, toText, toTime, toUuid } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { commaSeparated, sql, type Statement } from '../database/sql';
import { Uuid } from '../database/uuid';
import type { ChannelName } from '../events/channel';
import type { Companion } from '../users/find-users';
import { raiseEpoch } from '../access/end-access';
import type { OpenSuspension, PlannedChange } from './plan-change';

/** The open suspensions of users whose rows are locked. */
export const selectOpenSuspensions = (userIds: readonly number[]): Statement =>
  sql`SELECT id, user_id, reason, on_behalf_of_user_id, blocked_at, blocked_until, notify_webhook, notify_email
    FROM suspensions WHERE open_user_id IN (${commaSeparated(userIds)})`;

export const toOpenSuspension = (row: Row): OpenSuspension => ({
  id: toUuid(row.id),
  userId: toInteger(row.user_id),
  reason: orNull(toText, row.reason),
  onBehalfOfUserId: orNull(toInteger, row.on_behalf_of_user_id),
  blockedAt: toTime(row.blocked_at),
  blockedUntil: orNull(toTime, row.blocked_until),
  askedFor: new Set<ChannelName>([
    ...(toBoolean(row.notify_webhook) ? (['webhook'] as const) : []),
    ...(toBoolean(row.notify_email) ? (['email'] as const) : []),
  ]),
});

/** How many sessions of each user are alive, by user id. */
export const countAliveSessions = (userIds: readonly number[]): Statement =>
  sql`SELECT u.id, COUNT(*) AS alive FROM users u JOIN sessions s ON s.user_id = u.id
    WHERE u.id IN (${commaSeparated(userIds)}) AND ${sessionIsAlive} GROUP BY u.id`;

/** The rows of `users`, `suspensions` for changes of one transaction, few statements whatever their number. */
export function writeChanges(changes: readonly PlannedChange[]): Statement[] {
  const opened = changes.filter(({ opens }) => opens);
  return [
    ...groups(changes, (change) => `${change.command.action} ${change.event !== null}`).map(updateUsers),
    // Before the inserts: at most one suspension a user is open at any time.
    ...groups(
      changes.filter(({ ends }) => ends !== null),
      ({ ends, command }) => `${ends?.cause} ${command.actor.subject}`,
    ).map(endSuspensions),
    ...(opened.length > 0 ? [insertSuspensions(opened)] : []),
    ...changes.filter(({ alsoAskedFor }) => alsoAskedFor.size > 0).map(askAlso),
  ];
}

function groups(
  changes: readonly PlannedChange[],
  keyOf: (change: PlannedChange) => string,
): PlannedChange[][] {
  const byKey = new Map<string, PlannedChange[]>();
  for (const change of changes) byKey.set(keyOf(change), [...(byKey.get(keyOf(change)) ?? []), change]);
  return [...byKey.values()];
}

/** The rows are locked, so that raising in place gives the numbers that were planned. */
function updateUsers(group: readonly PlannedChange[]): Statement {
  const [{ command, event, now }] = group as [PlannedChange];
  const sequence = event ? sql`, event_sequence = event_sequence + 1` : sql``;
  return sql`UPDATE users SET suspended = ${command.action === 'block'}, suspended_until = NULL, ${raiseEpoch(now)}
    ${sequence} WHERE id IN (${commaSeparated(group.map(({ user }) => user.id))})`;
}

function endSuspensions(group: readonly PlannedChange[]): Statement {
  const [{ ends, command, now }] = group as [PlannedChange];
  const ids = group.flatMap((change) => (change.ends ? [new Uuid(change.ends.id)] : []));
  return sql`UPDATE suspensions SET open_user_id = NULL, ended_at = ${now}, ended_by = ${command.actor.subject},
    end_cause = ${ends?.cause ?? null} WHERE id IN (${commaSeparated(ids)})`;
}

function insertSuspensions(changes: readonly PlannedChange[]): Statement {
  const rows = changes.flatMap(({ suspension, command }) =>
    suspension
      ? sql`(${new Uuid(suspension.id)}, ${suspension.userId}, ${suspension.userId}, ${suspension.reason},
          ${command.actor.subject}, ${suspension.onBehalfOfUserId}, ${suspension.blockedAt},
          ${suspension.blockedUntil}, ${suspension.askedFor.has('webhook')}, ${suspension.askedFor.has('email')})`
      : [],
  );
  return sql`INSERT INTO suspensions (id, user_id, open_user_id, reason, actor, on_behalf_of_user_id, blocked_at,
    blocked_until, notify_webhook, notify_email) VALUES ${commaSeparated(rows)}`;
}

function askAlso({ suspension, alsoAskedFor }: PlannedChange): Statement {
  const asked = (channel: ChannelName) =>
    alsoAskedFor.has(channel) || suspension?.askedFor.has(channel) === true;
  return sql`UPDATE suspensions SET notify_webhook = ${asked('webhook')}, notify_email = ${asked('email')}
    WHERE open_user_id = ${suspension?.userId ?? null}`;
}

/** The open suspension, as it is shown beside a user. */
export interface SuspensionView {
  id: string;
  reason: string | null;
  actor: string;
  onBehalfOfUserId: number | null;
  blockedAt: Date;
  blockedUntil: Date | null;
}

export const openSuspensionCompanion: Companion<SuspensionView> = {
  columns: sql`s.id AS suspension_id, s.reason, s.actor, s.on_behalf_of_user_id, s.blocked_at, s.blocked_until`,
  join: sql`LEFT JOIN suspensions s ON s.open_user_id = u.id`,
  read: (row) =>
    row.suspension_id === null
      ? null
      : {
          id: toUuid(row.suspension_id),
          reason: orNull(toText, row.reason),
          actor: toText(row.actor),
          onBehalfOfUserId: orNull(toInteger, row.on_behalf_of_user_id),
          blockedAt: toTime(row.blocked_at),
          blockedUntil: orNull(toTime, row.blocked_until),
        },
};
