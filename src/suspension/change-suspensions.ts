import { isEndTold } from '../access/access-event';
import { appendRevocations } from '../access/end-access';
import { appendAudit } from '../audit/audit';
import type { Settled } from '../database/coalescer';
import { toInteger, toTime } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { databaseNow, type Statement } from '../database/sql';
import type { Transaction } from '../database/transaction';
import { DomainError } from '../errors';
import type { ChannelName, PlannedDelivery } from '../events/channel';
import type { NewEvent, Outbox } from '../events/outbox';
import { lockFreeUsers, lockUsers, toLockedUser } from '../users/user-lock';
import { statusOf } from '../users/user-status';
import { userTag } from '../users/user-tag';
import { userNotFound } from '../users/users.errors';
import { type IsAccessTold, planChange, type PlannedChange } from './plan-change';
import { auditEntries } from './suspension-audit';
import type { SuspensionCommand, SuspensionReceipt } from './suspension-command';
import { suspensionEvents } from './suspension-events';
import {
  countAliveSessions,
  selectOpenSuspensions,
  toOpenSuspension,
  writeChanges,
} from './suspension-queries';

export type SuspensionOutcome = Settled<SuspensionReceipt>;

export interface ChangeResult {
  /** For each command, by itself: one that is refused keeps no other from being done. */
  outcomes: ReadonlyMap<SuspensionCommand, SuspensionOutcome>;
  /** Users who were not blocked and are now; who was has another suspension at most. */
  newlyBlocked: ReadonlySet<number>;
  /** Read after the locks. */
  now: Date;
  deliveries: readonly PlannedDelivery[];
}

/**
 * The one door to a user's suspension (I6): blocks, unblocks and expires in the given transaction, in two round trips
 * whatever the number: lock and read; then state, epoch, revocation, audit, events and deliveries with COMMIT (I3).
 * @param commands of different users
 * @param lock `wait` for users whom somebody else holds, or leave them out (`free`)
 * @returns no outcome for a user who was left out; where nobody is, a user who does not exist is `user.not_found`
 */
export async function changeSuspensions(
  tx: Transaction,
  outbox: Outbox,
  commands: readonly SuspensionCommand[],
  lock: 'wait' | 'free',
): Promise<ChangeResult> {
  const ids = commands.map(({ userId }) => userId);
  const counted = commands.filter(({ countSessions }) => countSessions).map(({ userId }) => userId);
  const askedFor = unionOf(commands.map((command) => command.askedFor));
  const candidateReads = outbox.candidateReads(askedFor, ids);

  const [userRows, timeRows, suspensionRows, ...more] = await tx.read(
    lock === 'wait' ? lockUsers(ids) : lockFreeUsers(ids),
    databaseNow,
    selectOpenSuspensions(ids),
    ...candidateReads.map(({ statement }) => statement),
    ...(counted.length > 0 ? [countAliveSessions(counted)] : []),
  );
  const candidates = new Map(candidateReads.map(({ channel }, index) => [channel, more[index] ?? []]));
  const alive = aliveSessions(more[candidateReads.length] ?? []);

  const now = toTime(timeRows[0]?.now);
  const plans = planAll(commands, userRows, suspensionRows, now, (user) =>
    isEndTold(outbox, candidates, user),
  );
  const changes = [...plans.values()].filter(hasEffect);
  const events = changes.flatMap(suspensionEvents);
  await readMissing(tx, outbox, candidates, events, askedFor);
  const { writes, deliveries } = outbox.plan(events, candidates);
  if (changes.length > 0) [...writesOf(changes), ...writes].forEach((statement) => tx.write(statement));

  const outcomes = new Map<SuspensionCommand, SuspensionOutcome>();
  for (const command of commands) {
    const plan = plans.get(command);
    if (plan instanceof DomainError) outcomes.set(command, { error: plan });
    else if (plan) outcomes.set(command, { value: receiptOf(plan, deliveries, alive) });
    else if (lock === 'wait') outcomes.set(command, { error: userNotFound() });
  }
  keepOutcomes(commands, outcomes).forEach((statement) => tx.write(statement));
  const newlyBlocked = new Set(
    changes.filter(({ opens, ends }) => opens && ends === null).map(({ user }) => user.id),
  );
  return { outcomes, newlyBlocked, now, deliveries };
}

/** The transaction may commit what others asked for: a claim without a change goes back. */
const keepOutcomes = (
  commands: readonly SuspensionCommand[],
  outcomes: ReadonlyMap<SuspensionCommand, SuspensionOutcome>,
): Statement[] =>
  commands.flatMap((command) => {
    const outcome = outcomes.get(command);
    if (!command.keep) return [];
    return outcome && 'value' in outcome ? command.keep.kept(outcome.value) : command.keep.release();
  });

/** Nothing for a command whose user is not among the rows. */
export function planAll(
  commands: readonly SuspensionCommand[],
  userRows: readonly Row[],
  suspensionRows: readonly Row[],
  now: Date,
  isAccessTold?: IsAccessTold,
): Map<SuspensionCommand, PlannedChange | DomainError> {
  const users = new Map(userRows.map(toLockedUser).map((user) => [user.id, user]));
  const stored = new Map(
    suspensionRows.map(toOpenSuspension).map((suspension) => [suspension.userId, suspension]),
  );
  return new Map(
    commands.flatMap((command) => {
      const user = users.get(command.userId);
      return user
        ? [[command, planChange(command, user, stored.get(user.id) ?? null, now, isAccessTold)] as const]
        : [];
    }),
  );
}

/** An expiry that came too late, of a suspension that was replaced or lifted meanwhile, writes nothing. */
const hasEffect = (plan: PlannedChange | DomainError): plan is PlannedChange =>
  !(plan instanceof DomainError) && (plan.revokes || plan.expired !== null);

const unionOf = (sets: readonly ReadonlySet<ChannelName>[]): ReadonlySet<ChannelName> =>
  new Set(sets.flatMap((set) => [...set]));

/** A suspension that ran out may have asked for a channel that no command asks for: rarely, and known only now. */
async function readMissing(
  tx: Transaction,
  outbox: Outbox,
  candidates: Map<ChannelName, readonly Row[]>,
  events: readonly NewEvent[],
  read: ReadonlySet<ChannelName>,
): Promise<void> {
  const wanted = [...unionOf(events.map(({ askedFor }) => askedFor))];
  const users = events.flatMap(({ user }) => (user ? [user.id] : []));
  const missing = new Set(wanted.filter((channel) => !read.has(channel)));
  const reads = outbox.candidateReads(missing, users).filter(({ channel }) => missing.has(channel));
  if (reads.length === 0) return;
  const rows = await tx.read(...reads.map(({ statement }) => statement));
  reads.forEach(({ channel }, index) => candidates.set(channel, rows[index] ?? []));
}

const aliveSessions = (rows: readonly Row[]): ReadonlyMap<number, number> =>
  new Map(rows.map((row) => [toInteger(row.id), toInteger(row.alive)]));

function writesOf(changes: readonly PlannedChange[]): Statement[] {
  const ended = changes.flatMap(({ user, accessEpoch, command, revokes, now }) =>
    !revokes || command.action === 'expire'
      ? []
      : [{ uid: user.uid, sid: null, epoch: accessEpoch, cause: command.action, revokedAt: now }],
  );
  return [
    ...writeChanges(changes),
    ...(ended.length > 0 ? [appendRevocations(ended)] : []),
    ...appendAudit(changes.flatMap(auditEntries)),
  ];
}

function receiptOf(
  change: PlannedChange,
  deliveries: readonly PlannedDelivery[],
  alive: ReadonlyMap<number, number>,
): SuspensionReceipt {
  const { command, user, now, suspension } = change;
  const expires = command.action === 'expire';
  const event = expires ? change.expired?.event : change.event;
  const after = {
    deactivatedAt: user.deactivatedAt,
    suspended: change.revokes ? command.action === 'block' : suspension !== null,
    suspendedUntil: suspension?.blockedUntil ?? null,
  };
  const status = statusOf(after, now);
  return {
    userId: user.id,
    status,
    changed: change.changed,
    suspensionId: (expires ? change.expired?.suspension : suspension)?.id ?? null,
    accessEpoch: change.accessEpoch,
    tag: userTag({ id: user.id, version: user.version + 1 }, status),
    sessionsRevoked: command.countSessions ? (alive.get(user.id) ?? 0) : null,
    eventId: event?.id ?? null,
    deliveries: deliveries
      .filter(({ eventId }) => eventId === event?.id)
      .map(({ id, channel, state }) => ({ id, channel, state })),
  };
}
