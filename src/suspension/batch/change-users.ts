import type { Transaction } from '../../database/transaction';
import type { Outbox, PlannedDelivery } from '../../events/outbox';
import { type ChangeResult, changeSuspensions, type SuspensionOutcome } from '../change-suspensions';
import type { SuspensionCommand } from '../suspension-command';
import { changed, refused, UNCHANGED, type UserOutcome } from './outcome';

export interface UserOutcomes {
  /** By user id; nothing for a user whom somebody else held. */
  outcomes: ReadonlyMap<number, UserOutcome>;
  deliveries: readonly PlannedDelivery[];
}

/** Changes users through the one door (I6) and says in the words of a batch what came of each. */
export async function changeUsers(
  tx: Transaction,
  outbox: Outbox,
  commands: readonly SuspensionCommand[],
  lock: 'wait' | 'free',
): Promise<UserOutcomes> {
  if (commands.length === 0) return { outcomes: new Map(), deliveries: [] };
  const inOrder = [...commands].sort((a, b) => a.userId - b.userId);
  const result = await changeSuspensions(tx, outbox, inOrder, lock);
  const outcomes = [...result.outcomes].map(
    ([command, outcome]) => [command.userId, toUserOutcome(outcome, result)] as const,
  );
  return { outcomes: new Map(outcomes), deliveries: result.deliveries };
}

function toUserOutcome(outcome: SuspensionOutcome, { newlyBlocked }: ChangeResult): UserOutcome {
  if ('error' in outcome) return refused(outcome.error);
  const { userId, changed: hasChanged, suspensionId } = outcome.value;
  return hasChanged ? changed(newlyBlocked.has(userId) ? suspensionId : null) : UNCHANGED;
}
