import { appendAudit, type AuditEntry } from '../../audit/audit';
import type { Transaction } from '../../database/transaction';
import { DomainError } from '../../errors';
import type { PlannedDelivery } from '../../events/channel';
import type { Outbox } from '../../events/outbox';
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
  tx.write(appendAudit(refusedAttempts(result)));
  const outcomes = [...result.outcomes].map(
    ([command, outcome]) => [command.userId, toUserOutcome(outcome, result)] as const,
  );
  return { outcomes: new Map(outcomes), deliveries: result.deliveries };
}

const isRefusal = (error: Error): error is DomainError =>
  error instanceof DomainError && error.code !== 'user.not_found';

/** The answer to the whole list is no refusal, so that each of those in it is recorded here; nobody is no target. */
const refusedAttempts = ({ outcomes, now }: ChangeResult): AuditEntry[] =>
  [...outcomes].flatMap(([{ actor, action, userId, onBehalfOfUserId }, outcome]) =>
    'error' in outcome && isRefusal(outcome.error) && action !== 'expire'
      ? {
          actor,
          action: `user.${action}` as const,
          target: `user:${userId}`,
          changedFields: [],
          onBehalfOfUserId,
          outcome: 'refused',
          code: outcome.error.code,
          occurredAt: now,
        }
      : [],
  );

function toUserOutcome(outcome: SuspensionOutcome, { newlyBlocked }: ChangeResult): UserOutcome {
  if ('error' in outcome) return refused(outcome.error);
  const { userId, changed: hasChanged, suspensionId } = outcome.value;
  return hasChanged ? changed(newlyBlocked.has(userId) ? suspensionId : null) : UNCHANGED;
}
