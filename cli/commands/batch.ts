import { Argument, type Command } from 'commander';
import type { components } from '../../src/http/contract.generated';
import { CliError } from '../cli-error';
import { openContext } from '../context';
import { exitCodes } from '../exit-codes';
import { count, table } from '../output';
import { readUserIds } from '../read-user-ids';
import { type Action, addBlockOptions, suspensionBody, type SuspensionOptions } from '../suspension-options';

type BatchItem = components['schemas']['BatchOutcome']['items'][number];

/** The most that one call takes. */
const BATCH = 1_000;

export function addBatchCommand(program: Command): void {
  const batch = program
    .command('batch')
    .description('Block or unblock many users, a thousand a call; each is done or refused by herself')
    .addArgument(new Argument('<action>').choices(['block', 'unblock']))
    .argument('<file>', 'user ids, one a line; "-" for stdin')
    .option('--dry-run', 'only say what would happen')
    .addHelpText(
      'after',
      `
For more than some ten thousand users \`portcullis job\` is the better way: it goes on by itself, and can be undone.

Examples:
  $ portcullis batch block ids.txt --reason "Leaked passwords" --category security --dry-run
  $ echo 101 | portcullis batch unblock -`,
    );
  addBlockOptions(batch).action(
    async (
      action: Action,
      file: string,
      { dryRun = false, ...options }: SuspensionOptions & { dryRun?: boolean },
      command: Command,
    ) => {
      const { api, output, progress } = await openContext(command);
      const shared = { action, dryRun, ...(await suspensionBody(action, options)) };
      const userIds = await readUserIds(file);
      if (userIds.length === 0) throw new CliError('usage', `${file} names no user.`);
      const items: BatchItem[] = [];
      const shown = progress('users');
      for (let from = 0; from < userIds.length; from += BATCH) {
        const body = { ...shared, userIds: userIds.slice(from, from + BATCH) };
        const answer = await api
          .call<{ items: BatchItem[] }>('POST', '/suspensions/batch', { body })
          .catch((error: unknown) => {
            throw from === 0 || !(error instanceof CliError) ? error : interrupted(error, items.length);
          });
        items.push(...answer.items);
        shown.show(items.length, items.length / userIds.length);
      }
      shown.finish();
      output.result({ items }, () => inWords(items, dryRun));
      if (items.some(isFault)) process.exitCode = exitCodes.refused;
    },
  );
}

const isFault = ({ outcome }: BatchItem): boolean => outcome === 'refused' || outcome === 'not_found';

const interrupted = ({ ending, message, code }: CliError, done: number): CliError =>
  new CliError(ending, `${message}\nThe first ${count(done)} users are done; calling again is safe.`, code);

function inWords(items: readonly BatchItem[], dryRun: boolean): string {
  const counts = new Map<string, number>();
  for (const { outcome } of items) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  const said = [...counts]
    .map(([outcome, number]) => `${count(number)} ${outcome.replace('_', ' ')}`)
    .join(', ');
  const faults = items.filter(isFault);
  return [
    ...(faults.length > 0
      ? [
          table(
            ['USER', 'OUTCOME', 'CODE'],
            faults.map(({ userId, outcome, code }) => [userId, outcome, code]),
          ),
          '',
        ]
      : []),
    dryRun ? `Nothing was done; it would be: ${said}.` : `${said}.`,
  ].join('\n');
}
