import type { Command } from 'commander';
import type { components } from '../../src/http/contract.generated';
import { type CommandContext, openContext } from '../context';
import { count } from '../output';
import { toMoment } from '../moment';

type DeliveriesRenewed = components['schemas']['DeliveriesRenewed'];

interface RecoverOptions {
  since: string;
}

interface ReplayOptions {
  from: string;
  to?: string;
  types?: string;
}

const WHEN = 'a time such as 2027-01-31T12:00:00Z, or 30m, 12h, 7d, 2w ago';

export function addRepairCommands(program: Command): void {
  program
    .command('recover')
    .description(
      'Send a webhook endpoint anew what it has missed: what was given up, or came while it was disabled',
    )
    .argument('<endpoint>', 'its id')
    .requiredOption('--since <when>', `events since ${WHEN}`, toMoment('ago'))
    .addHelpText(
      'after',
      '\nExample:\n  $ portcullis recover 01a1fdda-889f-71ae-b8f9-ea0d6e52af4d --since 2d',
    )
    .action(async (id: string, { since }: RecoverOptions, command: Command) =>
      repair(await openContext(command), `${pathOf(id)}/recover`, { since }),
    );

  program
    .command('replay')
    .description('Send a webhook endpoint everything again, also what has arrived; by the same ids')
    .argument('<endpoint>', 'its id')
    .requiredOption('--from <when>', `events since ${WHEN}`, toMoment('ago'))
    .option('--to <when>', 'and before; now by default', toMoment('ago'))
    .option('--types <types>', 'of these types alone, separated by commas')
    .addHelpText(
      'after',
      '\nExample:\n  $ portcullis replay 01a1fdda-889f-71ae-b8f9-ea0d6e52af4d --from 7d --types user.blocked,user.unblocked',
    )
    .action(async (id: string, { from, to, types }: ReplayOptions, command: Command) => {
      // Said once for all calls: what is sent meanwhile is not sent twice.
      const before = to ?? new Date().toISOString();
      await repair(await openContext(command), `${pathOf(id)}/replay`, { from, to: before, types });
    });
}

const pathOf = (endpointId: string): string => `/webhook-endpoints/${encodeURIComponent(endpointId)}`;

/** Call by call, until there are no more. */
async function repair(
  { api, output, progress }: CommandContext,
  path: string,
  query: Record<string, string | undefined>,
): Promise<void> {
  const shown = progress('deliveries');
  let cursor: string | undefined;
  let renewed = 0;
  do {
    const answer: DeliveriesRenewed = await api.call('POST', path, { query: { ...query, cursor } });
    renewed += answer.count;
    cursor = answer.next ?? undefined;
    shown.show(renewed, null);
  } while (cursor !== undefined);
  shown.finish();
  output.result({ count: renewed }, () => `Deliveries that are sent anew: ${count(renewed)}.`);
}
