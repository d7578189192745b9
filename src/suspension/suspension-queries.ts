import { raiseEpoch } from '../access/end-access';
import { sessionIsAlive } from '../access/session-queries';
import { systemActor } from '../audit/audit';
import { orNull, toBoolean, toInteger, toText, toTime, toUuid } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { commaSeparated, sql, type Statement } from '../database/sql';
import { Uuid } from '../database/uuid';
import type { ChannelName } from '../events/channel';
import type { OpenSuspension, PlannedChange } from './plan-change';
import type { SuspensionCategory } from './suspension-command';

/** The open suspensions of users whose rows are locked. */
export const selectOpenSuspensions = (userIds: readonly number[]): Statement =>
  sql`SELECT id, user_id, reason, reason_for_user, category, on_behalf_of_user_id, blocked_at, blocked_until,
    notify_webhook, notify_email FROM suspensions WHERE open_user_id IN (${commaSeparated(userIds)})`;

export const toOpenSuspension = (row: Row): OpenSuspension => ({
  id: toUuid(row.id),
  userId: toInteger(row.user_id),
  reason: orNull(toText, row.reason),
  reasonForUser: orNull(toText, row.reason_for_user),
  category: orNull(toText, row.category) as SuspensionCategory | null,
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

/** The rows of `users` and `suspensions` for changes of one transaction, few statements whatever their number. */
export function writeChanges(changes: readonly PlannedChange[]): Statement[] {
  const expired = changes.filter((change) => change.expired);
  const opened = changes.filter(({ opens }) => opens);
  return [
    ...groups(changes, userGroup).map(updateUsers),
    // Before the inserts: at most one suspension a user is open at any time.
    ...(expired.length > 0 ? [closeExpired(expired)] : []),
    ...groups(
      changes.filter(({ ends }) => ends !== null),
      endGroup,
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
  for (const change of changes) {
    const key = keyOf(change);
    const group = byKey.get(key);
    if (group) group.push(change);
    else byKey.set(key, [change]);
  }
  return [...byKey.values()];
}

const untilOf = ({ command }: PlannedChange): Date | null =>
  command.action === 'block' ? command.until : null;

const eventsOf = ({ user, eventSequence }: PlannedChange): number => eventSequence - user.eventSequence;

const userGroup = (change: PlannedChange): string =>
  [change.command.action, change.revokes, eventsOf(change), untilOf(change)?.getTime()].join(' ');

/** The rows are locked, so that raising in place gives the numbers that were planned. */
function updateUsers(group: readonly PlannedChange[]): Statement {
  const [change] = group as [PlannedChange];
  const { command, now, revokes } = change;
  const ids = commaSeparated(group.map(({ user }) => user.id));
  const sequence = sql`event_sequence = event_sequence + ${eventsOf(change)}`;
  return revokes
    ? sql`UPDATE users SET suspended = ${command.action === 'block'}, suspended_until = ${untilOf(change)},
      ${raiseEpoch(now)}, ${sequence} WHERE id IN (${ids})`
    : sql`UPDATE users SET ${endedByItself(now)}, ${sequence} WHERE id IN (${ids})`;
}

/**
 * The epoch stays: the block killed what was older, nothing could be made since, and who signed in after the until
 * stays signed in. What was revoked after the until stays revoked. MySQL assigns from left to right.
 */
const endedByItself = (now: Date): Statement =>
  sql`access_revoked_at = GREATEST(COALESCE(access_revoked_at, suspended_until), suspended_until),
    suspended = FALSE, suspended_until = NULL, version = version + 1, updated_at = ${now}`;

function closeExpired(changes: readonly PlannedChange[]): Statement {
  const ids = changes.flatMap(({ expired }) => (expired ? [new Uuid(expired.suspension.id)] : []));
  return sql`UPDATE suspensions SET open_user_id = NULL, ended_at = blocked_until,
    ended_by = ${systemActor('expiry').subject}, end_cause = 'expired' WHERE id IN (${commaSeparated(ids)})`;
}

const endGroup = ({ ends, command }: PlannedChange): string =>
  [ends?.cause, command.onBehalfOfUserId, command.actor.subject].join(' ');

function endSuspensions(group: readonly PlannedChange[]): Statement {
  const [{ ends, command, now }] = group as [PlannedChange];
  const ids = group.flatMap((change) => (change.ends ? [new Uuid(change.ends.id)] : []));
  return sql`UPDATE suspensions SET open_user_id = NULL, ended_at = ${now}, ended_by = ${command.actor.subject},
    ended_on_behalf_of_user_id = ${command.onBehalfOfUserId}, end_cause = ${ends?.cause ?? null}
    WHERE id IN (${commaSeparated(ids)})`;
}

function insertSuspensions(changes: readonly PlannedChange[]): Statement {
  const rows = changes.flatMap(({ suspension, command }) =>
    suspension && command.action === 'block'
      ? sql`(${new Uuid(suspension.id)}, ${suspension.userId}, ${suspension.userId}, ${suspension.reason},
          ${suspension.reasonForUser}, ${suspension.category}, ${command.source}, ${command.actor.subject}, ${suspension.onBehalfOfUserId},
          ${suspension.blockedAt}, ${suspension.blockedUntil}, ${suspension.askedFor.has('webhook')},
          ${suspension.askedFor.has('email')})`
      : [],
  );
  return sql`INSERT INTO suspensions (id, user_id, open_user_id, reason, reason_for_user, category, source,
    actor, on_behalf_of_user_id, blocked_at, blocked_until, notify_webhook, notify_email) VALUES ${commaSeparated(rows)}`;
}

function askAlso({ suspension, alsoAskedFor }: PlannedChange): Statement {
  const asked = (channel: ChannelName) =>
    alsoAskedFor.has(channel) || suspension?.askedFor.has(channel) === true;
  return sql`UPDATE suspensions SET notify_webhook = ${asked('webhook')}, notify_email = ${asked('email')}
    WHERE open_user_id = ${suspension?.userId ?? null}`;
}

/** Takes the reasons of a user's suspensions away, the ended ones' too. */
export const clearReasons = (userId: number): Statement =>
  sql`UPDATE suspensions SET reason = NULL, reason_for_user = NULL WHERE user_id = ${userId}`;

/** Takes all suspensions of a user away. */
export const eraseSuspensions = ({ id }: { id: number }): Statement[] => [
  sql`DELETE FROM suspensions WHERE user_id = ${id}`,
];
