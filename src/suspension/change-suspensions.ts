import { appendRevocations } from '../access/end-access';
import { appendAudit } from '../audit/audit';
import { toInteger, toTime } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { databaseNow } from '../database/sql';
import type { Transaction } from '../database/transaction';
import type { ChannelName } from '../events/channel';
import type { Outbox, PlannedDelivery } from '../events/outbox';
import { lockFreeUsers, lockUsers, toLockedUser } from '../users/user-lock';
import { statusOf } from '../users/user-status';
import { planChange, type PlannedChange } from './plan-change';
import type { SuspensionCommand, SuspensionReceipt } from './suspension-command';
import { suspensionEvents } from './suspension-events';
import {
  countAliveSessions,
  selectOpenSuspensions,
  toOpenSuspension,
  writeChanges,
} from './suspension-queries';

export interface ChangeResult {
  receipts: ReadonlyMap<SuspensionCommand, SuspensionReceipt>;
  deliveries: readonly PlannedDelivery[];
}

/**
 * The one door to a user's suspension (I6): blocks and unblocks users in the given transaction, in two round trips
 * whatever their number: lock and read; then state, epoch, revocation, audit, events and deliveries with COMMIT (I3).
 * @param commands of different users
 * @param lock `wait` for users whom somebody else holds, or leave them out (`free`)
 * @returns no receipt for a user who does not exist or was left out
 */
export async function changeSuspensions(
  tx: Transaction,
  outbox: Outbox,
  commands: readonly SuspensionCommand[],
  lock: 'wait' | 'free',
): Promise<ChangeResult> {
  const ids = commands.map(({ userId }) => userId);
  const counted = commands.filter(({ countSessions }) => countSessions).map(({ userId }) => userId);
  const candidateReads = outbox.candidateReads(unionOf(commands.map(({ askedFor }) => askedFor)));

  const [userRows, timeRows, suspensionRows, ...more] = await tx.read(
    lock === 'wait' ? lockUsers(ids) : lockFreeUsers(ids),
    databaseNow,
    selectOpenSuspensions(ids),
    ...candidateReads.map(({ statement }) => statement),
    ...(counted.length > 0 ? [countAliveSessions(counted)] : []),
  );
  const candidates = new Map(candidateReads.map(({ channel }, index) => [channel, more[index] ?? []]));
  const sessionRows = more[candidateReads.length] ?? [];

  const changes = planAll(commands, userRows, suspensionRows, toTime(timeRows[0]?.now));
  if (changes.length === 0) return { receipts: new Map(), deliveries: [] };

  const plan = outbox.plan(changes.flatMap(suspensionEvents), candidates);
  const writes = [...writeChanges(changes), revocationsOf(changes), auditOf(changes), ...plan.writes];
  writes.forEach((statement) => tx.write(statement));

  const alive = new Map(sessionRows.map((row) => [toInteger(row.id), toInteger(row.alive)]));
  const receipts = new Map(
    changes.map((change) => [
      change.command,
      receiptOf(change, plan.deliveries, alive.get(change.user.id) ?? 0),
    ]),
  );
  return { receipts, deliveries: plan.deliveries };
}

function planAll(
  commands: readonly SuspensionCommand[],
  userRows: readonly Row[],
  suspensionRows: readonly Row[],
  now: Date,
): PlannedChange[] {
  const users = new Map(userRows.map(toLockedUser).map((user) => [user.id, user]));
  const open = new Map(
    suspensionRows.map(toOpenSuspension).map((suspension) => [suspension.userId, suspension]),
  );
  return commands.flatMap((command) => {
    const user = users.get(command.userId);
    return user ? [planChange(command, user, open.get(user.id) ?? null, now)] : [];
  });
}

const unionOf = (sets: readonly ReadonlySet<ChannelName>[]): ReadonlySet<ChannelName> =>
  new Set(sets.flatMap((set) => [...set]));

const revocationsOf = (changes: readonly PlannedChange[]) =>
  appendRevocations(
    changes.map(({ user, accessEpoch, command, now }) => ({
      uid: user.uid,
      sid: null,
      epoch: accessEpoch,
      cause: command.action,
      revokedAt: now,
    })),
  );

const auditOf = (changes: readonly PlannedChange[]) =>
  appendAudit(
    changes.map(({ user, command, changed, now }) => ({
      actor: command.actor,
      action: `user.${command.action}` as const,
      target: `user:${user.id}`,
      changedFields: changed ? ['suspension', 'accessEpoch'] : ['accessEpoch'],
      occurredAt: now,
    })),
  );

function receiptOf(
  change: PlannedChange,
  deliveries: readonly PlannedDelivery[],
  aliveSessions: number,
): SuspensionReceipt {
  const { command, user, event, now } = change;
  return {
    userId: user.id,
    status: statusOf({ ...user, suspended: command.action === 'block', suspendedUntil: null }, now),
    changed: change.changed,
    suspensionId: change.suspension?.id ?? null,
    accessEpoch: change.accessEpoch,
    sessionsRevoked: command.countSessions ? aliveSessions : null,
    eventId: event?.id ?? null,
    deliveries: deliveries
      .filter(({ eventId }) => eventId === event?.id)
      .map(({ id, channel }) => ({ id, channel })),
  };
}
