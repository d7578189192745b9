import type { Command } from 'commander';
import type { components } from '../../src/http/contract.generated';
import { openContext } from '../context';
import { exitCodes } from '../exit-codes';
import { assertUserId } from '../find-user-id';
import { table } from '../output';
import { pages } from '../pages';

type Schemas = components['schemas'];
type Entry = Schemas['BlockListEntry'];
type Outcomes = Schemas['BlockListOutcomes']['items'];
type Checked = Schemas['CheckedBlocks']['items'][number];

const pathOf = (owner: string): string => `/users/${assertUserId(owner)}/block-list`;

/** In words; the first two leave the user on the list. */
const OUTCOMES: Record<Outcomes[number]['outcome'], string> = {
  added: 'added',
  already_blocked: 'there already',
  self: 'refused: nobody blocks herself',
  unknown_user: 'refused: there is no such user',
  full: 'refused: the list is as long as one may be',
};

export function addBlockListCommands(program: Command): void {
  const group = program
    .command('block-list')
    .description('Show and change whom a user has blocked for herself, which takes nobody’s access')
    .addHelpText(
      'after',
      `
Examples:
  $ portcullis block-list add 101 102 103
  $ portcullis block-list check 101 102`,
    );

  group
    .command('list')
    .description('Show whom a user has blocked, newest first')
    .argument('<user>', 'her id')
    .action(async (owner: string, _options: unknown, command: Command) => {
      const { api, output } = await openContext(command);
      const entries: Entry[] = [];
      for await (const items of pages<Entry>(api, pathOf(owner))) entries.push(...items);
      output.result(entries, () => inRows(entries));
    });
  group
    .command('add')
    .description('Block up to 100 users for her')
    .argument('<user>', 'whose list it is, by id')
    .argument('<blocked...>', 'the ids of who is blocked')
    .addHelpText('after', `\nThe exit code is ${exitCodes.refused} where one of them was refused.`)
    .action(async (owner: string, blocked: string[], _options: unknown, command: Command) => {
      const { api, output } = await openContext(command);
      const body = { userIds: [...new Set(blocked.map((id) => Number(assertUserId(id))))] };
      const { items } = await api.call<{ items: Outcomes }>('POST', pathOf(owner), { body });
      output.result(items, () =>
        table(
          ['USER', 'OUTCOME'],
          items.map(({ userId, outcome }) => [userId, OUTCOMES[outcome]]),
        ),
      );
      if (items.some(({ outcome }) => OUTCOMES[outcome].startsWith('refused')))
        process.exitCode = exitCodes.refused;
    });
  group
    .command('remove')
    .description('Take a user off her list')
    .argument('<user>', 'whose list it is, by id')
    .argument('<blocked>', 'the id of who is no more blocked')
    .action(async (owner: string, blocked: string, _options: unknown, command: Command) => {
      const { api, output } = await openContext(command);
      await api.call('DELETE', `${pathOf(owner)}/${assertUserId(blocked)}`);
      output.result(
        { userId: Number(blocked), removed: true },
        () => `${blocked} is off the list of ${owner}.`,
      );
    });
  group
    .command('check')
    .description('Say whether two users have blocked each other')
    .argument('<user>', 'an id')
    .argument('<other>', 'another id')
    .action(async (user: string, other: string, _options: unknown, command: Command) => {
      const { api, output } = await openContext(command);
      const pairs = [{ userId: Number(assertUserId(user)), otherUserId: Number(assertUserId(other)) }];
      const { items } = await api.call<{ items: Checked[] }>('POST', '/block-lists/check', {
        body: { pairs },
      });
      output.result(items[0], () => items.map(inWords).join('\n'));
    });
}

const inRows = (entries: readonly Entry[]): string =>
  entries.length === 0
    ? 'She has blocked nobody.'
    : table(
        ['USER', 'UID', 'FIRST NAME', 'LAST NAME', 'STATUS', 'BLOCKED AT'],
        entries.map((entry) => [
          entry.userId,
          entry.uid,
          entry.firstName,
          entry.lastName,
          entry.status,
          entry.blockedAt,
        ]),
      );

const inWords = ({ userId, otherUserId, blocked, blockedBy }: Checked): string =>
  [
    `${userId} has ${blocked ? '' : 'not '}blocked ${otherUserId}.`,
    `${otherUserId} has ${blockedBy ? '' : 'not '}blocked ${userId}.`,
  ].join('\n');
