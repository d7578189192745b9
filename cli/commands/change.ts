import { type Command, InvalidArgumentError } from 'commander';
import type { components } from '../../src/http/contract.generated';
import { openContext } from '../context';
import { findUserId } from '../find-user-id';
import { list } from '../output';
import {
  addBlockOptions,
  addNotifyOptions,
  suspensionBody,
  type SuspensionOptions,
} from '../suspension-options';

type Receipt = components['schemas']['Receipt'];

interface ChangeOptions extends SuspensionOptions {
  uid?: string;
  onBehalfOf?: number;
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
  addNotifyOptions(changeCommand(program, 'unblock'))
    .description('Unblock a user: she may sign in again; what was revoked stays dead')
    .addHelpText('after', '\nExample:\n  $ portcullis unblock 101 --webhook');
}

const changeCommand = (program: Command, action: 'block' | 'unblock'): Command =>
  program
    .command(action)
    .argument('[user]', 'her id')
    .option('--uid <uid>', 'name her by her uid instead')
    .option('--on-behalf-of <user id>', 'who wanted it; recorded as such', toUserNumber)
    .action(
      async (id: string | undefined, { uid, onBehalfOf, ...options }: ChangeOptions, command: Command) => {
        const { api, output } = await openContext(command);
        const userId = await findUserId(api, { id, uid });
        const body = {
          ...(await suspensionBody(options)),
          ...(onBehalfOf === undefined ? {} : { [`${action}edByUserId`]: onBehalfOf }),
        };
        const headers = { Prefer: 'return=representation' };
        const receipt = await api.call<Receipt>('PATCH', `/users/${userId}/${action}`, { body, headers });
        output.result(receipt, () => inWords(receipt));
      },
    );

function toUserNumber(value: string): number {
  const id = Number(value);
  if (!Number.isSafeInteger(id) || id < 1) throw new InvalidArgumentError('It is no user id.');
  return id;
}

const inWords = ({ userId, status, changed, sessionsRevoked, accessEpoch, deliveries }: Receipt): string =>
  list([
    ['user', userId],
    ['status', status],
    ['changed', changed ? 'yes' : 'no, access was revoked again'],
    ['sessions ended', sessionsRevoked],
    ['access epoch', accessEpoch],
    ['told', deliveries.length === 0 ? 'nobody' : deliveries.map(({ channel }) => channel).join(', ')],
  ]);
