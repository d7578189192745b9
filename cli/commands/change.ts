import type { Command } from 'commander';
import type { components } from '../../src/http/contract.generated';
import { openContext } from '../context';
import { findUserId } from '../find-user-id';
import { count, list } from '../output';
import {
  addBlockOptions,
  addUnblockOptions,
  type Action,
  suspensionBody,
  type SuspensionOptions,
} from '../suspension-options';

type Receipt = components['schemas']['Receipt'];

interface ChangeOptions extends SuspensionOptions {
  uid?: string;
}

export function addChangeCommands(program: Command): void {
  addBlockOptions(changeCommand(program, 'block'))
    .description('Block a user: all of her access ends at once, and none can be had until she is unblocked')
    .addHelpText(
      'after',
      `
Examples:
  $ portcullis block 101 --reason "Repeated failed sign-ins" --category security --webhook
  $ portcullis block --uid 5c9e2b1a --until 7d --email`,
    );
  addUnblockOptions(changeCommand(program, 'unblock'))
    .description('Unblock a user: she may sign in again; what was revoked stays dead')
    .addHelpText('after', '\nExample:\n  $ portcullis unblock 101 --webhook');
}

const changeCommand = (program: Command, action: Action): Command =>
  program
    .command(action)
    .argument('[user]', 'her id')
    .option('--uid <uid>', 'name her by her uid instead')
    .action(async (id: string | undefined, { uid, ...options }: ChangeOptions, command: Command) => {
      const { api, output } = await openContext(command);
      const userId = await findUserId(api, { id, uid });
      const body = await suspensionBody(action, options);
      const headers = { Prefer: 'return=representation' };
      const receipt = await api.call<Receipt>('PATCH', `/users/${userId}/${action}`, { body, headers });
      output.result(receipt, () => inWords(receipt));
    });

const inWords = ({ userId, status, changed, sessionsRevoked, accessEpoch, deliveries }: Receipt): string =>
  list([
    ['user', userId],
    ['status', status],
    ['changed', changed ? 'yes' : 'no, access was revoked again'],
    ['sessions ended', sessionsRevoked],
    ['access epoch', accessEpoch],
    ['deliveries', countByChannel(deliveries)],
  ]);

const countByChannel = (deliveries: Receipt['deliveries']): string => {
  const counts = new Map<string, number>();
  for (const { channel } of deliveries) counts.set(channel, (counts.get(channel) ?? 0) + 1);
  return [...counts].map(([channel, many]) => `${count(many)} by ${channel}`).join(', ') || 'none';
};
