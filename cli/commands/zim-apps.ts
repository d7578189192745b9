import { type Command, InvalidArgumentError } from 'commander';
import type { components } from '../../src/dialects/zim-apps/contract.generated';
import { openContext } from '../context';
import { list, table } from '../output';
import { pages } from '../pages';
import { readSecret } from '../read-secret';
import { shownOnce } from '../shown-once';

type ZimApp = components['schemas']['ZimApp'];
type CreatedZimApp = components['schemas']['CreatedZimApp'];

interface CreateOptions {
  appId?: number;
  serverSecretFile?: string;
}

const PATH = '/zim/apps';

export function addZimAppsCommands(program: Command): void {
  const group = program
    .command('zim-apps')
    .description('Say who may speak ZEGOCLOUD’s server API, where it is spoken')
    .addHelpText(
      'after',
      `
Examples:
  $ portcullis zim-apps create Chat
  $ portcullis zim-apps create Chat --app-id 1234567890 --server-secret-file /run/secrets/zego
  $ portcullis zim-apps revoke <app id>`,
    );

  group
    .command('list')
    .description('Show the apps, newest first, revoked ones too')
    .action(async (_options: unknown, command: Command) => {
      const { api, output } = await openContext(command);
      const apps: ZimApp[] = [];
      for await (const items of pages<ZimApp>(api, PATH)) apps.push(...items);
      output.result(apps, () => inRows(apps));
    });
  group
    .command('create')
    .description('Register an app; its secret is shown this once')
    .argument('<name>', 'for people')
    .option('--app-id <app id>', 'the one that its clients have from ZEGOCLOUD; generated otherwise', toAppId)
    .option(
      '--server-secret-file <file>',
      'a file whose first line is the secret that they have, "-" for stdin; generated otherwise',
    )
    .action(async (name: string, { appId, serverSecretFile }: CreateOptions, command: Command) => {
      const serverSecret = serverSecretFile === undefined ? undefined : await readSecret(serverSecretFile);
      const { api, output } = await openContext(command);
      const made = await api.call<CreatedZimApp>('POST', PATH, { body: { name, appId, serverSecret } });
      // Who brought it along has it; there is no need for it on a screen.
      const brought = serverSecret !== undefined;
      output.result(brought ? { ...made, serverSecret: undefined } : made, () =>
        list([
          ['app id', String(made.appId)],
          [
            'server secret',
            brought ? null : shownOnce(made.serverSecret, 'revoke this app, and register another'),
          ],
          ['name', made.name],
        ]),
      );
    });
  group
    .command('revoke')
    .description('Refuse the calls of an app from now on')
    .argument('<app id>')
    .action(async (appId: string, _options: unknown, command: Command) => {
      const { api, output } = await openContext(command);
      await api.call('DELETE', `${PATH}/${encodeURIComponent(appId)}`);
      output.result({ appId: Number(appId), revoked: true }, () => `The app ${appId} is revoked.`);
    });
}

function toAppId(value: string): number {
  if (!/^[1-9][0-9]{0,9}$/.test(value)) throw new InvalidArgumentError('It is no app id.');
  return Number(value);
}

function inRows(apps: readonly ZimApp[]): string {
  if (apps.length === 0) return 'There is no app.';
  return table(
    ['APP ID', 'NAME', 'CREATED', 'BY', 'REVOKED'],
    apps.map(({ appId, name, createdAt, createdBy, revokedAt }) => [
      appId,
      name,
      createdAt,
      createdBy,
      revokedAt,
    ]),
  );
}
