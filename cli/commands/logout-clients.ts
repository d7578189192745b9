import type { Command } from 'commander';
import type { components } from '../../src/http/contract.generated';
import { type CommandContext, openContext } from '../context';
import { list, table } from '../output';
import { pages } from '../pages';

type LogoutClient = components['schemas']['LogoutClient'];

interface Settings {
  logoutUri?: string;
  sessionRequired?: boolean;
  enabled?: boolean;
  description?: string;
}

const PATH = '/logout-clients';
const pathOf = (id: string): string => `${PATH}/${encodeURIComponent(id)}`;

export function addLogoutClientsCommands(program: Command): void {
  const group = program
    .command('logout-clients')
    .description('Say which clients are told when a session with them ends (back-channel logout)')
    .addHelpText(
      'after',
      `
Examples:
  $ portcullis logout-clients create shop https://shop.example.com/backchannel-logout --session-required
  $ portcullis logout-clients update <logout client> --no-enabled`,
    );

  group
    .command('list')
    .description('Show the clients, newest first')
    .action(async (_options: unknown, command: Command) => {
      const { api, output } = await openContext(command);
      const clients: LogoutClient[] = [];
      for await (const items of pages<LogoutClient>(api, PATH)) clients.push(...items);
      output.result(clients, () => inRows(clients));
    });
  group
    .command('show')
    .description('Show a client and how it does')
    .argument('<logout client>', 'its id')
    .action(async (id: string, _options: unknown, command: Command) => {
      const context = await openContext(command);
      tell(context, await context.api.call<LogoutClient>('GET', pathOf(id)));
    });
  addSettings(group.command('create'))
    .description('Register a client')
    .argument('<client id>', 'the one that its sessions are opened with')
    .argument('<url>', 'where logout tokens go')
    .action(async (clientId: string, logoutUri: string, settings: Settings, command: Command) => {
      const context = await openContext(command);
      const body = { ...settings, clientId, logoutUri };
      tell(context, await context.api.call<LogoutClient>('POST', PATH, { body }));
    });
  addSettings(group.command('update'))
    .description('Change what is given')
    .argument('<logout client>', 'its id')
    .option('--logout-uri <url>', 'where logout tokens go')
    .action(async (id: string, body: Settings, command: Command) => {
      const context = await openContext(command);
      tell(context, await context.api.call<LogoutClient>('PATCH', pathOf(id), { body }));
    });
  group
    .command('delete')
    .description('Remove a client, and cancel what is on its way to it')
    .argument('<logout client>', 'its id')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { api, output } = await openContext(command);
      await api.call('DELETE', pathOf(id));
      output.result({ id, deleted: true }, () => `The logout client ${id} is deleted.`);
    });
}

/** Named as the fields of the contract, so that they are its body. */
const addSettings = (command: Command): Command =>
  command
    .option('--session-required', 'it finds what to end by sid alone')
    .option('--no-session-required', 'it is content with sub')
    .option('--enabled', 'send to it')
    .option('--no-enabled', 'send nothing to it')
    .option('--description <text>');

const stateOf = ({ enabled }: LogoutClient): string => (enabled ? 'enabled' : 'disabled');

function inRows(clients: readonly LogoutClient[]): string {
  if (clients.length === 0) return 'There is no logout client.';
  return table(
    ['LOGOUT CLIENT', 'CLIENT', 'URL', 'STATE', 'FAILING SINCE'],
    clients.map((client) => [
      client.id,
      client.clientId,
      client.logoutUri,
      stateOf(client),
      client.failingSince,
    ]),
  );
}

const tell = ({ output }: CommandContext, client: LogoutClient): void =>
  output.result(client, () =>
    list([
      ['logout client', client.id],
      ['client', client.clientId],
      ['url', client.logoutUri],
      ['told by', client.sessionRequired ? 'sub and sid' : 'sub'],
      ['state', stateOf(client)],
      ['failing since', client.failingSince],
      ['description', client.description],
    ]),
  );
