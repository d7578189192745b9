import type { Command } from 'commander';
import type { components } from '../../src/http/contract.generated';
import { openContext } from '../context';
import { findUserId } from '../find-user-id';
import { list } from '../output';

type User = components['schemas']['User'];

export function addStatusCommand(program: Command): void {
  program
    .command('status')
    .description('Show a user, and whether she is suspended')
    .argument('[user]', 'her id')
    .option('--uid <uid>', 'name her by her uid instead')
    .addHelpText(
      'after',
      '\nExamples:\n  $ portcullis status 101\n  $ portcullis status --uid 5c9e2b1a --json',
    )
    .action(async (id: string | undefined, { uid }: { uid?: string }, command: Command) => {
      const { api, output } = await openContext(command);
      const user = await api.call<User>('GET', `/users/${await findUserId(api, { id, uid })}`);
      output.result(user, () => inWords(user));
    });
}

function inWords({
  id,
  uid,
  email,
  firstName,
  lastName,
  status,
  protected: isProtected,
  suspension,
  accessEpoch,
  createdAt,
}: User): string {
  const name = [firstName, lastName].filter((part) => part !== null).join(' ');
  return list([
    ['id', id],
    ['uid', uid],
    ['name', name === '' ? null : name],
    ['e-mail', email],
    ['status', status],
    ['protected', isProtected ? 'yes' : null],
    ['blocked at', suspension?.blockedAt],
    ['blocked until', suspension && (suspension.blockedUntil ?? 'unblocked')],
    ['category', suspension?.category],
    ['reason', suspension?.reason],
    ['told to the user', suspension?.reasonForUser],
    ['blocked by', suspension?.actor],
    ['on behalf of', suspension?.onBehalfOfUserId],
    ['access epoch', accessEpoch],
    ['created', createdAt],
  ]);
}
