import { createCoalescer } from '../database/coalescer';
import type { Database } from '../database/database';
import { busy } from '../database/faults';
import { DomainError } from '../errors';
import type { Outbox } from '../events/outbox';
import { userNotFound } from '../users/users.errors';
import { changeSuspensions } from './change-suspensions';
import type { SuspensionCommand, SuspensionReceipt } from './suspension-command';

export type ChangeSuspension = (command: SuspensionCommand) => Promise<SuspensionReceipt>;

/**
 * Blocks or unblocks one user. Calls that come at the same time share transactions (`database/coalescer.ts`): a
 * group takes the users whose rows are free, and whoever's row is held is changed alone, waiting for it.
 * @throws `user.not_found`, `user.protected`, `suspension.self`, `suspension.until_past`,
 *   `precondition.failed`, `service.busy`, `service.outcome_unknown`, KeyClaimedError
 */
export function createChangeSuspension(database: Database, outbox: Outbox): ChangeSuspension {
  const change = async (commands: readonly SuspensionCommand[], lock: 'wait' | 'free') => {
    const claims = commands.flatMap(({ keep }) => keep ?? []);
    const result = await database.sharedTransaction({ claims, wait: lock === 'wait' }, (tx) =>
      changeSuspensions(tx, outbox, commands, lock),
    );
    outbox.handOver(result.deliveries);
    return result.outcomes;
  };

  const coalescer = createCoalescer<SuspensionCommand, SuspensionReceipt>({
    keyOf: ({ userId }) => userId,

    runTogether: (commands) => change(commands, 'free'),

    async runAlone(command) {
      const outcome = (await change([command], 'wait')).get(command);
      if (outcome && 'value' in outcome) return outcome.value;
      throw outcome?.error ?? userNotFound();
    },

    tooLate: () => busy(new Error('the user was being changed all the while')),

    isFinal: (error) => error instanceof DomainError && error.code === 'service.outcome_unknown',
  });

  return (command) => coalescer.run(command);
}
