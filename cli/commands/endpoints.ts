import { type Command, Option } from 'commander';
import { openContext } from '../context';
import { type Endpoint, type EndpointTest, inRows, tell, testInWords } from '../endpoint-in-words';
import { addSettings, readSettings, type SettingOptions, settingsOf, toNumber } from '../endpoint-settings';
import { exitCodes } from '../exit-codes';
import { pages } from '../pages';

const PATH = '/webhook-endpoints';
const pathOf = (id: string): string => `${PATH}/${encodeURIComponent(id)}`;

export function addEndpointsCommands(program: Command): void {
  const group = program
    .command('endpoints')
    .description('Say who is told by webhook, and try whether it arrives')
    .addHelpText(
      'after',
      `
Examples:
  $ portcullis endpoints create https://hooks.example.com/portcullis --events "user.*" --contact ops@example.com
  $ echo '{"headers": [{"name": "X-Api-Key", "value": "..."}]}' | portcullis endpoints update <endpoint> --settings -
  $ portcullis endpoints rotate <endpoint> --overlap 3600
  $ portcullis endpoints test <endpoint>`,
    );

  group
    .command('list')
    .description('Show the endpoints, newest first')
    .action(async (_options: unknown, command: Command) => {
      const { api, output } = await openContext(command);
      const endpoints: Endpoint[] = [];
      for await (const items of pages<Endpoint>(api, PATH)) endpoints.push(...items);
      output.result(endpoints, () => inRows(endpoints));
    });
  addEndpointCommand(group, 'show', 'Show an endpoint and how it does', 'GET');
  addSettings(group.command('create'))
    .description('Register an endpoint; its secret is shown this once')
    .argument('<url>', 'where webhooks go')
    .addOption(new Option('--signature <format>').choices(['v1', 'v1a', 'guardhouse']))
    .option('--disabled', 'send nothing until it is enabled')
    .action(
      async (
        url: string,
        options: SettingOptions & { signature?: string; disabled?: true },
        command: Command,
      ) => {
        const { signature, disabled } = options;
        const given = await settingsOf({ events: ['*'], ...options, url });
        const body = { ...given, signature, ...(disabled ? { enabled: false } : {}) };
        const context = await openContext(command);
        tell(context, await context.api.call<Endpoint>('POST', PATH, { body }));
      },
    );
  addSettings(group.command('update'))
    .description('Change what is given; in --settings null takes away')
    .argument('<endpoint>', 'its id')
    .option('--url <url>', 'where webhooks go')
    .action(async (id: string, options: SettingOptions, command: Command) => {
      const body = await settingsOf(options);
      const context = await openContext(command);
      tell(context, await context.api.call<Endpoint>('PATCH', pathOf(id), { body }));
    });
  group
    .command('rotate')
    .description('Give an endpoint a new secret, shown this once')
    .argument('<endpoint>', 'its id')
    .option(
      '--overlap <seconds>',
      'for how long the secret of before signs as well; a day by default',
      toNumber,
    )
    .option('--settings <file>', 'a JSON file with the secret to use; "-" for stdin')
    .action(
      async (
        id: string,
        { overlap, settings }: { overlap?: number; settings?: string },
        command: Command,
      ) => {
        const body = { ...(await readSettings(settings)), overlap };
        const context = await openContext(command);
        tell(context, await context.api.call<Endpoint>('POST', `${pathOf(id)}/rotate-secret`, { body }));
      },
    );
  group
    .command('test')
    .description('Send a ping, and say what came of it')
    .argument('<endpoint>', 'its id')
    .addHelpText('after', `\nThe exit code is ${exitCodes.refused} where it did not arrive.`)
    .action(async (id: string, _options: unknown, command: Command) => {
      const { api, output } = await openContext(command);
      const result = await api.call<EndpointTest>('POST', `${pathOf(id)}/test`);
      output.result(result, () => testInWords(result));
      if (!result.delivered) process.exitCode = exitCodes.refused;
    });
  addEndpointCommand(group, 'enable', 'Send to an endpoint again', 'POST', '/enable');
  addEndpointCommand(
    group,
    'disable',
    'Send nothing to an endpoint; what it misses is kept',
    'POST',
    '/disable',
  );
  group
    .command('delete')
    .description('Remove an endpoint, and cancel what is on its way to it')
    .argument('<endpoint>', 'its id')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { api, output } = await openContext(command);
      await api.call('DELETE', pathOf(id));
      output.result({ id, deleted: true }, () => `The endpoint ${id} is deleted.`);
    });
}

/** A command that does one thing to an endpoint and shows what it is then. */
const addEndpointCommand = (
  group: Command,
  name: string,
  description: string,
  method: 'GET' | 'POST',
  action = '',
): Command =>
  group
    .command(name)
    .description(description)
    .argument('<endpoint>', 'its id')
    .action(async (id: string, _options: unknown, command: Command) => {
      const context = await openContext(command);
      tell(context, await context.api.call<Endpoint>(method, `${pathOf(id)}${action}`));
    });
