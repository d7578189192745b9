import type { Command } from 'commander';
import type { components } from '../../src/http/contract.generated';
import { openContext } from '../context';
import { findUserId } from '../find-user-id';
import { table } from '../output';
import { pages } from '../pages';

type Suspension = components['schemas']['SuspensionHistory'];

export function addHistoryCommand(program: Command): void {
  program
    .command('history')
    .description(
      'Show when a user was suspended, by whom and why, and how each suspension ended; newest first',
    )
    .argument('[user]', 'her id')
    .option('--uid <uid>', 'name her by her uid instead')
    .addHelpText('after', '\nExample:\n  $ portcullis history 101')
    .action(async (id: string | undefined, { uid }: { uid?: string }, command: Command) => {
      const { api, output } = await openContext(command);
      const userId = await findUserId(api, { id, uid });
      const suspensions: Suspension[] = [];
      for await (const page of pages<Suspension>(api, `/users/${userId}/suspensions`))
        suspensions.push(...page);
      output.result(suspensions, () => inWords(suspensions));
    });
}

/** Who it was, where the token may know. */
const by = (actor: string | undefined | null, onBehalfOf: number | undefined | null) =>
  actor && onBehalfOf ? `${actor} for ${onBehalfOf}` : actor;

/** Of an end that came by itself nobody is named; it says so itself. */
function endOf({ endCause, endedBy, endedOnBehalfOfUserId }: Suspension) {
  const who = by(endedBy, endedOnBehalfOfUserId);
  return endCause === 'unblocked' && who ? `unblocked by ${who}` : endCause;
}

function inWords(suspensions: readonly Suspension[]): string {
  if (suspensions.length === 0) return 'She was never suspended.';
  return table(
    ['BLOCKED AT', 'UNTIL', 'ENDED AT', 'HOW', 'CATEGORY', 'BY', 'REASON'],
    suspensions.map((suspension) => [
      suspension.blockedAt,
      suspension.blockedUntil,
      suspension.endedAt,
      endOf(suspension),
      suspension.category,
      by(suspension.actor, suspension.onBehalfOfUserId),
      suspension.reason,
    ]),
  );
}
