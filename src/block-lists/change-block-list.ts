import { appendAudit } from '../audit/audit';
import type { Database } from '../database/database';
import { toInteger, toTime } from '../database/decode';
import type { Keep } from '../database/keep';
import { databaseNow, sql, type Statement } from '../database/sql';
import type { Transaction } from '../database/transaction';
import type { ChannelName, PlannedDelivery } from '../events/channel';
import type { Outbox } from '../events/outbox';
import { type LockedUser, lockUsers, lockUsersAgainstChange, toLockedUser } from '../users/user-lock';
import { userNotFound } from '../users/users.errors';
import type { BlockListCommand } from './block-list-command';
import { type BlockListEventType, blockListEvent } from './block-list-event';
import { countEntries, selectBlocked } from './entry-queries';

/** What comes of a user who is not asked about further: the owner herself, and nobody that she may know of. */
export type RefusedOutcome = 'self' | 'unknown_user';

export interface BlockListUseCase<Outcome extends string> {
  action: 'block_list.add' | 'block_list.remove';
  event: BlockListEventType;
  /** The outcome that changes the list. */
  changed: Outcome;
  /** What the audit trail says of one entry. */
  values(blockedUserId: number): { before: Record<string, unknown>; after: Record<string, unknown> };
  /** The longest that a list may be; absent where it does not matter. */
  maxEntries?: number;
  /**
   * Of a user who is there.
   * @param room entries that the list has room for
   */
  decide(isBlocked: boolean, room: number): Outcome;
  /** @param otherIds those who come out as `changed`, at least one */
  write(ownerId: number, otherIds: readonly number[], now: Date): Statement;
}

export type ChangeBlockList<Outcome> = (
  command: BlockListCommand,
  keep?: Keep<ReadonlyMap<number, Outcome | RefusedOutcome>>,
) => Promise<ReadonlyMap<number, Outcome | RefusedOutcome>>;

/** No flag asks for these events: the subscription does (I4). Nobody's access ends by them. */
const TOLD: ReadonlySet<ChannelName> = new Set(['webhook']);

interface Change<Outcome> {
  outcomes: Map<number, Outcome | RefusedOutcome>;
  deliveries: readonly PlannedDelivery[];
}

/**
 * The unit of work of every change of a block list, for many users at once, in two round trips: lock and read; then
 * entries, audit records, events and deliveries with COMMIT (I3). Each user has an outcome of her own.
 * @throws `user.not_found` where the owner is nobody, or deactivated
 */
export function createChangeBlockList<Outcome extends string>(
  database: Database,
  outbox: Outbox,
  useCase: BlockListUseCase<Outcome>,
): ChangeBlockList<Outcome> {
  const change = async (tx: Transaction, command: BlockListCommand): Promise<Change<Outcome>> => {
    const { ownerId, otherIds, actor } = command;
    const locks = lockInOrder(ownerId, otherIds);
    const candidateReads = outbox.candidateReads(TOLD, []);
    const rows = await tx.read(
      ...locks,
      databaseNow,
      selectBlocked(ownerId, [ownerId, ...otherIds]),
      ...candidateReads.map(({ statement }) => statement),
      ...(useCase.maxEntries === undefined ? [] : [countEntries(ownerId)]),
    );
    const users = new Map(
      rows
        .slice(0, locks.length)
        .flat()
        .map(toLockedUser)
        .filter(({ deactivatedAt }) => deactivatedAt === null)
        .map((user) => [user.id, user]),
    );
    const [[time] = [], blockedRows = [], ...more] = rows.slice(locks.length);
    const owner = users.get(ownerId);
    if (!owner) throw userNotFound();
    const now = toTime(time?.now);
    const blocked = new Set(blockedRows.map((row) => toInteger(row.blocked_id)));
    const size = toInteger(more[candidateReads.length]?.[0]?.size ?? 0);
    const { outcomes, others } = decideAll(command, users, blocked, size);
    if (others.length === 0) return { outcomes, deliveries: [] };

    const ids = others.map(({ id }) => id);
    const plan = outbox.plan(
      others.map((other, index) =>
        blockListEvent({ type: useCase.event, owner, other, place: index + 1, askedFor: TOLD, actor, now }),
      ),
      new Map(candidateReads.map(({ channel }, index) => [channel, more[index] ?? []])),
    );
    tx.write([
      useCase.write(ownerId, ids, now),
      sql`UPDATE users SET event_sequence = event_sequence + ${others.length} WHERE id = ${ownerId}`,
      ...appendAudit(
        ids.map((id) => ({
          actor,
          action: useCase.action,
          target: `user:${ownerId}`,
          changedFields: ['blockedUserId'],
          ...useCase.values(id),
          occurredAt: now,
        })),
      ),
      ...plan.writes,
    ]);
    return { outcomes, deliveries: plan.deliveries };
  };

  /** Answers, besides, the users who come on the list or off it, in the order given. */
  const decideAll = (
    { ownerId, otherIds }: BlockListCommand,
    users: ReadonlyMap<number, LockedUser>,
    blocked: ReadonlySet<number>,
    size: number,
  ) => {
    const outcomes = new Map<number, Outcome | RefusedOutcome>();
    const others: LockedUser[] = [];
    const room = (useCase.maxEntries ?? Number.POSITIVE_INFINITY) - size;
    for (const id of new Set(otherIds)) {
      const user = users.get(id);
      const refused = id === ownerId ? 'self' : user ? null : 'unknown_user';
      const outcome = refused ?? useCase.decide(blocked.has(id), room - others.length);
      outcomes.set(id, outcome);
      if (user && outcome === useCase.changed) others.push(user);
    }
    return { outcomes, others };
  };

  return async (command, keep) => {
    let deliveries: readonly PlannedDelivery[] = [];
    const outcomes = await database.transaction(async (tx) => {
      const changed = await change(tx, command);
      deliveries = changed.deliveries;
      return changed.outcomes;
    }, keep);
    outbox.handOver(deliveries);
    return outcomes;
  };
}

/**
 * Locks the owner for the change, which counts her entries and her events, and the others only against being erased or
 * deactivated meanwhile. In id order, as everybody locks several users: two who block each other at the same moment do
 * not wait for each other in a circle.
 */
function lockInOrder(ownerId: number, otherIds: readonly number[]): Statement[] {
  const below = otherIds.filter((id) => id < ownerId);
  const above = otherIds.filter((id) => id > ownerId);
  return [
    ...(below.length > 0 ? [lockUsersAgainstChange(below)] : []),
    lockUsers([ownerId]),
    ...(above.length > 0 ? [lockUsersAgainstChange(above)] : []),
  ];
}
