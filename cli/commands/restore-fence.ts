import type { Command } from 'commander';
import type { components } from '../../src/http/contract.generated';
import { confirmed } from '../ask';
import { CliError } from '../cli-error';
import { openContext } from '../context';
import { assertUserId } from '../find-user-id';
import { count } from '../output';

type FenceRaised = components['schemas']['FenceRaised'];

interface FenceOptions {
  yes?: true;
  after?: string;
}

export function addRestoreFenceCommand(program: Command): void {
  program
    .command('restore-fence')
    .description('After the database was restored from a backup: end all access of every user')
    .option('--yes', 'do not ask')
    .option('--after <user id>', 'go on after this user, where an earlier call was stopped')
    .addHelpText(
      'after',
      `
What was revoked since the backup would be alive again. This raises the access epoch of every user, so that every session
and token that existed before is dead; everybody signs in anew. Keep sign-ins away until it is done. It needs the scope access:fence.

Example:
  $ portcullis restore-fence --yes`,
    )
    .action(async ({ yes, after }: FenceOptions, command: Command) => {
      const { api, url, output, progress } = await openContext(command);
      const start = after === undefined ? 0 : Number(assertUserId(after));
      if (!yes && !(await confirmed(`This signs everybody out at ${url}.`))) {
        throw new CliError('usage', 'Nothing was done: say --yes.');
      }
      const shown = progress('users');
      let next: number | null = start;
      let raised = 0;
      while (next !== null) {
        const afterUserId: number = next;
        const answer: FenceRaised = await api
          .call<FenceRaised>('POST', '/access/fence', { body: { afterUserId } })
          .catch((error: unknown) => {
            throw afterUserId === 0 || !(error instanceof CliError) ? error : resumable(error, afterUserId);
          });
        ({ next } = answer);
        raised += answer.raised;
        shown.show(raised, null);
      }
      shown.finish();
      output.result({ raised }, () => `All access of ${count(raised)} users has ended.`);
    });
}

const resumable = ({ ending, message, code }: CliError, after: number): CliError =>
  new CliError(ending, `${message}\nGo on with \`portcullis restore-fence --after ${after}\`.`, code);
