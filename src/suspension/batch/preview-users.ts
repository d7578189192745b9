import type { Database } from '../../database/database';
import { toTime } from '../../database/decode';
import { databaseNow } from '../../database/sql';
import { DomainError } from '../../errors';
import { selectUsers } from '../../users/user-lock';
import { planAll } from '../change-suspensions';
import type { SuspensionCommand } from '../suspension-command';
import { selectOpenSuspensions } from '../suspension-queries';
import { changed, NOT_FOUND, refused, UNCHANGED, type UserOutcome } from './outcome';

/** What `changeUsers` would say at this moment, by the same rules. Locks and writes nothing. */
export function previewUsers(
  database: Database,
  commands: readonly SuspensionCommand[],
): Promise<Map<number, UserOutcome>> {
  const ids = commands.map(({ userId }) => userId);
  return database.transaction(async (tx) => {
    const [users, [time], suspensions] = await tx.read(
      selectUsers(ids),
      databaseNow,
      selectOpenSuspensions(ids),
    );
    const plans = planAll(commands, users, suspensions, toTime(time?.now));
    return new Map(
      commands.map((command) => {
        const plan = plans.get(command);
        if (plan === undefined) return [command.userId, NOT_FOUND];
        if (plan instanceof DomainError) return [command.userId, refused(plan)];
        return [command.userId, plan.changed ? changed(null) : UNCHANGED];
      }),
    );
  });
}
