import { accessEvent, countEvents, isEndTold } from '../access/access-event';
import { appendRevocations } from '../access/end-access';
import { appendAudit, type AuditAction } from '../audit/audit';
import type { Database } from '../database/database';
import { toTime } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { databaseNow, type Statement } from '../database/sql';
import type { Transaction } from '../database/transaction';
import { newUuid } from '../database/uuid';
import type { EventEnvelope, EventType, RevocationCause } from '../events/catalogue';
import type { PlannedDelivery } from '../events/channel';
import type { Candidates, NewEvent, Outbox } from '../events/outbox';
import { type LockedUser, lockUsers, toLockedUser } from '../users/user-lock';
import { statusOf } from '../users/user-status';
import { userNotFound, userProtected } from '../users/users.errors';
import type { AccountCommand, ChangeAccount } from './account-command';

/** What a use case decides about a locked user. */
export interface AccountChange {
  action: AuditAction;
  cause: RevocationCause;
  changedFields: string[];
  /** For the audit trail: no values that identify her. */
  before: Record<string, unknown>;
  after: Record<string, unknown>;
  /** The rows of the state itself; the epoch among them, raised by one. */
  writes: Statement[];
  /** Null where nobody has to hear of it: then the writes leave the sequence as it is, else they raise it by one. */
  event: { type: EventType; data?: object } | null;
  /** What has to be written with the deliveries that the event makes. */
  withDeliveries?(deliveries: readonly PlannedDelivery[]): Statement[];
}

export interface AccountUseCase {
  /** Whether it takes access away, which a protected user is guarded against. */
  takesAccess: boolean;
  /** Read in the transaction after the user's row was locked. */
  reads?(userId: number): Statement[];
  /** Pure. Null where the user is as she should be already: then nothing is written and nobody is told. */
  decide(
    user: LockedUser,
    now: Date,
    command: AccountCommand,
    rows: readonly (readonly Row[])[],
  ): AccountChange | null;
}

/**
 * The unit of work of every use case about an account, in two round trips: lock and read; then state, epoch,
 * revocation, audit record, event and deliveries with COMMIT (I3).
 * @throws `user.not_found`, `user.protected`
 */
export function createChangeAccount(
  database: Database,
  outbox: Outbox,
  useCase: AccountUseCase,
): ChangeAccount {
  const change = async (tx: Transaction, command: AccountCommand): Promise<readonly PlannedDelivery[]> => {
    const { userId, askedFor } = command;
    const candidateReads = outbox.candidateReads(askedFor, [userId]);
    const [userRows, timeRows, ...more] = await tx.read(
      lockUsers([userId]),
      databaseNow,
      ...candidateReads.map(({ statement }) => statement),
      ...(useCase.reads?.(userId) ?? []),
    );
    if (!userRows[0]) throw userNotFound();
    const user = toLockedUser(userRows[0]);
    if (useCase.takesAccess && user.protected && !command.mayTouchProtected) throw userProtected();
    const now = toTime(timeRows[0]?.now);
    const decided = useCase.decide(user, now, command, more.slice(candidateReads.length));
    if (!decided) return [];

    const candidates: Candidates = new Map(
      candidateReads.map(({ channel }, index) => [channel, more[index] ?? []]),
    );
    const event = eventOf(decided, user, now, command);
    const ended = isEndTold(outbox, candidates, user) ? endOf(decided, user, now, command, event) : null;
    const plan = outbox.plan(
      [event, ended].filter((one) => one !== null),
      candidates,
    );
    const writes = [
      ...decided.writes,
      // Of an erased user nothing is left to count on.
      ...(ended ? [countEvents([userId])] : []),
      revocationOf(decided, user, now),
      ...auditOf(decided, user, now, command),
      ...plan.writes,
      ...(decided.withDeliveries?.(plan.deliveries) ?? []),
    ];
    writes.forEach((statement) => tx.write(statement));
    return plan.deliveries;
  };

  return async (command, keep) => {
    const deliveries = await database.transaction<readonly PlannedDelivery[]>(
      (tx) => change(tx, command),
      keep,
    );
    outbox.handOver(deliveries);
  };
}

const revocationOf = ({ cause }: AccountChange, { uid, accessEpoch }: LockedUser, now: Date): Statement =>
  appendRevocations([{ uid, sid: null, epoch: accessEpoch + 1, cause, revokedAt: now }]);

const auditOf = (
  { action, changedFields, before, after }: AccountChange,
  { id }: LockedUser,
  occurredAt: Date,
  { actor }: AccountCommand,
): Statement[] =>
  appendAudit([{ actor, action, target: `user:${id}`, changedFields, before, after, occurredAt }]);

const endOf = (
  { cause }: AccountChange,
  { id, uid, email, accessEpoch, eventSequence }: LockedUser,
  endedAt: Date,
  { actor }: AccountCommand,
  event: NewEvent | null,
): NewEvent =>
  accessEvent({
    user: { id, uid, email },
    session: null,
    cause,
    actor: actor.subject,
    epoch: accessEpoch + 1,
    sequence: eventSequence + (event ? 2 : 1),
    suspension: null,
    causedBy: event?.id ?? null,
    endedAt,
  });

function eventOf(
  { event }: AccountChange,
  user: LockedUser,
  now: Date,
  { askedFor }: AccountCommand,
): NewEvent | null {
  if (!event) return null;
  const { id, uid, email, accessEpoch, eventSequence } = user;
  const envelope: EventEnvelope = {
    type: event.type,
    timestamp: now.toISOString(),
    data: { userId: id, uid, sequence: eventSequence + 1, epoch: accessEpoch + 1, ...event.data },
  };
  return {
    id: newUuid(),
    type: event.type,
    user: { id, uid, email },
    // Of use where a deactivation is taken back: nothing else lifts a reason here.
    staysShut: statusOf({ ...user, deactivatedAt: null }, now) === 'suspended',
    askedFor,
    envelope,
    occurredAt: now,
  };
}
