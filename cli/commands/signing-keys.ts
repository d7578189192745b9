import type { Command } from 'commander';
import type { components } from '../../src/http/contract.generated';
import { openContext } from '../context';
import { table } from '../output';

type SigningKey = components['schemas']['SigningKey'];
type SigningKeyList = components['schemas']['SigningKeyList'];
type SigningKeysRotated = components['schemas']['SigningKeysRotated'];

const PATH = '/signing-keys';

export function addSigningKeysCommands(program: Command): void {
  const group = program
    .command('signing-keys')
    .description('Show the keys that tokens for others are signed with, and rotate them before their time')
    .addHelpText(
      'after',
      `
Both need the scope signing_keys:manage.

Examples:
  $ portcullis signing-keys list
  $ portcullis signing-keys rotate
  $ portcullis signing-keys rotate --compromised`,
    );

  group
    .command('list')
    .description('Show the keys that are published, newest first')
    .action(async (_options: unknown, command: Command) => {
      const { api, output } = await openContext(command);
      const { items } = await api.call<SigningKeyList>('GET', PATH);
      output.result(items, () => inRows(items));
    });
  group
    .command('rotate')
    .description('Let the next key take over, a day from now')
    .option(
      '--compromised',
      'somebody else may have a key: withdraw all of them, and sign with a new one at once',
    )
    .action(async ({ compromised = false }: { compromised?: boolean }, command: Command) => {
      const { api, output } = await openContext(command);
      const body = { compromised };
      const rotated = await api.call<SigningKeysRotated>('POST', `${PATH}/rotate`, { body });
      output.result(rotated, () => inWords(rotated));
    });
}

function inRows(keys: readonly SigningKey[]): string {
  if (keys.length === 0) return 'There is no key: nothing had to be signed yet.';
  return table(
    ['KEY', 'STATE', 'MADE', 'SIGNS FROM', 'SIGNS UNTIL', 'PUBLISHED UNTIL'],
    keys.map((key) => [key.kid, key.state, key.createdAt, key.signsFrom, key.signsUntil, key.publishedUntil]),
  );
}

const inWords = ({ key, withdrawn }: SigningKeysRotated): string =>
  [
    key.state === 'next'
      ? `The key ${key.kid} is published, and signs from ${key.signsFrom} on.`
      : `The key ${key.kid} signs from now on.`,
    ...withdrawn.map((kid) => `The key ${kid} is withdrawn.`),
  ].join('\n');
