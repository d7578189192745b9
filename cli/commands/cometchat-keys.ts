import { type Command, Option } from 'commander';
import type { components } from '../../src/dialects/cometchat-keys/contract.generated';
import { openContext } from '../context';
import { list, table } from '../output';
import { pages } from '../pages';
import { shownOnce } from '../shown-once';

type ApiKey = components['schemas']['ApiKey'];
type ApiKeyWithSecret = components['schemas']['ApiKeyWithSecret'];

interface CreateOptions {
  access: ApiKey['access'];
  mayErase?: boolean;
}

const PATH = '/cometchat/api-keys';

export function addCometchatKeysCommands(program: Command): void {
  const group = program
    .command('cometchat-keys')
    .description('Give out keys to those who speak CometChat’s API, and take them back')
    .addHelpText(
      'after',
      `
Examples:
  $ portcullis cometchat-keys create "The shop's backend"
  $ portcullis cometchat-keys create Dashboard --access read
  $ portcullis cometchat-keys revoke <key id>`,
    );

  group
    .command('list')
    .description('Show the keys, newest first; what they are is never shown again')
    .action(async (_options: unknown, command: Command) => {
      const { api, output } = await openContext(command);
      const keys: ApiKey[] = [];
      for await (const items of pages<ApiKey>(api, PATH)) keys.push(...items);
      output.result(keys, () => inRows(keys));
    });
  group
    .command('create')
    .description('Make a key. It is shown this once')
    .argument('<name>', 'what people know it by')
    .addOption(new Option('--access <access>', 'what it may do').choices(['full', 'read']).default('full'))
    .option('--may-erase', 'it may delete users for good, too')
    .action(async (name: string, { access, mayErase = false }: CreateOptions, command: Command) => {
      const { api, output } = await openContext(command);
      const body = { name, access, mayErase };
      const made = await api.call<ApiKeyWithSecret>('POST', PATH, { body });
      output.result(made, () =>
        list([
          ['key id', made.id],
          ['name', made.name],
          ['access', accessOf(made)],
          ['key', shownOnce(made.key, 'revoke this key, and make another')],
        ]),
      );
    });
  group
    .command('revoke')
    .description('Take a key back, at once')
    .argument('<key id>', 'not the key itself')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { api, output } = await openContext(command);
      await api.call('DELETE', `${PATH}/${encodeURIComponent(id)}`);
      output.result({ id, revoked: true }, () => `The key ${id} is revoked.`);
    });
}

const accessOf = ({ access, mayErase }: ApiKey): string => (mayErase ? `${access}, erases` : access);

function inRows(keys: readonly ApiKey[]): string {
  if (keys.length === 0) return 'There is no key.';
  return table(
    ['KEY ID', 'NAME', 'ACCESS', 'MADE', 'LAST USED', 'REVOKED'],
    keys.map((key) => [key.id, key.name, accessOf(key), key.createdAt, key.lastUsedAt, key.revokedAt]),
  );
}
